import Basics
import Clocks
import Deltas
import Hub
import HubStore
import Sessions
import TestSupport
import Testing

/// Lost timelines and new identities, as messages.
@Suite struct HubEngineRestoreTests {
  @Test func answersCarryWhatBranchesNeedAfterARestore() throws {
    let hub = try TestEngine()
    try hub.store.startServing(random: TestEngine.random(seed: 9))
    var a = hub.branch(1)
    a.write([.insertCustomer(1, "Ada", at: 100)])
    let response = try #require(try hub.sync(&a))
    #expect(response.generation == (try hub.store.generation()))
    #expect(response.logHash == (try hub.store.logHash(at: LogPosition(1))))
    #expect(response.lineage.map(\.generation) == [try hub.store.generation()])
    #expect(response.backupNumber == 0 && response.durable == .start)
    #expect(response.lossCount == 0 && !response.isForAnyone && response.notices.isEmpty)
    let path = try hub.ask(.place)
    #expect(
      path == .path(PathResponse(steps: try hub.store.path(), head: LogPosition(1))))
  }

  @Test func aBranchThatLacksItsOwnGetsAll() throws {
    let hub = try TestEngine()
    var a = hub.branch(1)
    a.write([.insertCustomer(1, "Ada", at: 100)])
    var request = hub.request(a)
    request.wantsAll = true
    // A part that ends elsewhere may be of another timeline.
    request.resumeTo = LogPosition(1)
    a.write([.insertCustomer(2, "Bo", at: 100)])
    request.changesets = a.outbox.map(\.bytes)
    request.sealed = ChainHead(counter: 2, hash: a.lastHash)
    guard case .exchange(let response) = try hub.ask(.exchange(request)) else {
      Issue.record("refused")
      return
    }
    #expect(response.isForAnyone && response.to == LogPosition(2))
    let parts = try Streams.readDelta(response.deltaBytes)
    #expect(parts.contains { if case .block = $0 { true } else { false } })
    let to = response.to
    for isForAnyone in [true, false] {
      let download = DownloadRequest(
        generation: response.generation, from: .start, to: to, offset: 0, byteCount: 1 << 20,
        isForAnyone: isForAnyone)
      guard case .download(let piece) = try hub.ask(.download(download)) else {
        Issue.record("refused")
        return
      }
      #expect((piece.bytes == response.deltaBytes) == isForAnyone)
    }
  }

  @Test func handsBackThroughMessages() throws {
    let hub = try TestEngine()
    var a = hub.branch(1)
    let sealed = a.write([.insertCustomer(1, "Ada", at: 100)])
    let lost = GenerationID(high: 99, low: 1)
    let place = CausalContext(generation: lost, position: LogPosition(1))
    var request = hub.request(a, changesets: [])
    request.integrated = place
    #expect(try hub.refusal(.exchange(request)) == .unknownPosition)
    let root = TestEngine.generation
    let batch = HandBackRequest(
      lineage: [
        LineageLink(generation: root, parent: nil, fork: .start),
        LineageLink(generation: lost, parent: root, fork: .start),
      ],
      timeline: place, path: try hub.store.generation(),
      entries: [
        HandedEntry(
          places: [place], dot: sealed.header.dot, name: "branch 1", clockOffsetMilliseconds: 0,
          receivedMilliseconds: TestEngine.now,
          seen: CausalContext(generation: root, position: .start), seenAlso: [],
          source: .inline(sealed.bytes))
      ], isLast: true, vector: [])
    // Also from a device that the registry does not know.
    for stranger in [ReplicaID(1), ReplicaID(77)] {
      let answer = try hub.ask(.handBack(batch), from: stranger)
      #expect(
        answer
          == .handedBack(
            HandBackResponse(place: place, positions: [LogPosition(1)], lossCount: 0)))
    }
    guard case .exchange(let response) = try hub.ask(.exchange(request)) else {
      Issue.record("refused")
      return
    }
    #expect(response.isForAnyone && response.from == .start && response.to == LogPosition(1))
    #expect(
      try hub.refusal(.exchange(hub.request(hub.branch(77))), from: ReplicaID(77)) == .chainBroken)
  }

  @Test func aCopyGetsAnIdentity() throws {
    let hub = try TestEngine(branches: 1)
    var a = hub.branch(1)
    a.write([.insertCustomer(1, "Ada", at: 100)])
    try hub.sync(&a)
    guard case .forkOffer(let offer) = try hub.ask(.fork(branch: "?")) else {
      Issue.record("refused")
      return
    }
    #expect(offer.name == "branch 1 (2)")
    let replica = try hub.store.redeemToken(
      secret: offer.secret, wallMilliseconds: TestEngine.now
    ).replica
    let head = ChainHead(counter: 1, hash: a.lastHash)
    let adopt = AdoptRequest(previous: ReplicaID(1), confirmed: head)
    for _ in 0..<2 {
      #expect(try hub.ask(.adopt(adopt), from: replica) == .adopted(parentHash: a.lastHash))
    }
    try a.adopt(replica, previous: a.lastHash)
    a.write([.insertCustomer(2, "Bo", at: 100)])
    let response = try #require(try hub.sync(&a))
    #expect(response.accepted.map(\.position) == [LogPosition(2)])
    #expect(response.notices.count == 1)
    #expect(try hub.refusal(.adopt(adopt), from: replica) == .malformed)
  }

  @Test func strangersAskOnlyWhatBringsThemBack() throws {
    let hub = try TestEngine(branches: 1)
    func code(_ request: HubRequest) -> RefusalCode? {
      let answer = hub.engine.handle(
        request, from: ReplicaID(1), isStranger: true, wallMilliseconds: TestEngine.now)
      if case .refused(let refusal) = answer { return refusal.code }
      return nil
    }
    #expect(code(.place) == nil)
    #expect(code(.fork(branch: "x")) == nil)
    #expect(code(.describe) == .notAllowed)
    #expect(code(.awaitNews(after: .start)) == .notAllowed)
    #expect(code(.exchange(hub.request(hub.branch(1)))) == .chainBroken)
  }

  @Test func retiredBranchesAreHeardOnce() throws {
    let hub = try TestEngine(branches: 1)
    var a = hub.branch(1)
    a.write([.insertCustomer(1, "Ada", at: 100)])
    try hub.store.retire(name: "branch 1")
    #expect(try hub.refusal(.describe) == .retired)
    #expect(try hub.refusal(.place) == nil)
    #expect(try hub.refusal(.exchange(hub.request(a))) == .retired)
    #expect(try hub.store.salvaged().map(\.byteCount) == [a.outbox[0].bytes.count])
    // What came in pieces is kept too.
    let changeset = UploadedChangeset(
      counter: 1, contentHash: a.outbox[0].contentHash, byteCount: a.outbox[0].bytes.count)
    try hub.store.dropSalvaged(name: "branch 1")
    _ = try hub.ask(
      .upload(UploadRequest(changeset: changeset, offset: 0, bytes: a.outbox[0].bytes)))
    let request = hub.request(a, changesets: [], uploaded: changeset)
    #expect(try hub.refusal(.exchange(request)) == .retired)
    #expect(try hub.store.salvaged().map(\.byteCount) == [a.outbox[0].bytes.count])
  }
}
