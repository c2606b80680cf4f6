import Basics
import Clocks
import Deltas
import Foundation
import Hub
import HubStore
import Sessions
import Storage
import TestSupport
import Testing

@Suite struct HubEngineTests {
  @Test func pushesAndPullsInOneExchange() throws {
    let hub = try TestEngine()
    var a = hub.branch(1)
    var b = hub.branch(2)
    b.write([.insertCustomer(2, "Bob", at: 100)])
    try hub.sync(&b)
    a.write([.insertCustomer(1, "陈小明", at: 100)])
    let answer = try hub.ask(
      .exchange(hub.request(a, wall: TestEngine.now - 300)), from: a.replica)
    guard case .exchange(let response) = answer else {
      Issue.record("refused: \(answer)")
      return
    }
    #expect(response.accepted.map(\.counter) == [1])
    #expect(response.accepted.map(\.contentHash) == a.outbox.map(\.contentHash))
    #expect(response.accepted.map(\.position) == [LogPosition(2)])
    #expect(response.generation == TestEngine.generation)
    #expect(response.from == .start)
    #expect(response.to == LogPosition(2))
    #expect(response.deltaBytes.count == response.deltaByteCount)
    #expect(response.clockOffsetMilliseconds == 300)
    #expect(
      response.vectorDifference == [
        Dot(replica: ReplicaID(1), counter: 1), Dot(replica: ReplicaID(2), counter: 1),
      ])
    #expect(response.names.map(\.name) == ["branch 1", "branch 2"])
    #expect(response.timestamp.replica == .hub)
    try a.apply(response.deltaBytes, upTo: response.to)
    #expect(a.rows.count == 2)
    let nothing = try hub.sync(&a)
    #expect(nothing?.deltaByteCount == 0)
    #expect(nothing?.accepted == [])
    #expect(nothing?.from == LogPosition(2) && nothing?.to == LogPosition(2))
    #expect(nothing?.vectorDifference == [])
    let record = try hub.store.replica(a.replica)
    #expect(record?.acknowledgedPosition == LogPosition(2))
    #expect(record?.lastCompleteSyncMilliseconds == TestEngine.now)
  }

  @Test func aLargeDeltaIsFetchedInPieces() throws {
    let hub = try TestEngine()
    var a = hub.branch(1)
    var random = SeededGenerator(seed: 3)
    // Text that does not compress.
    for part in 0..<3 {
      let changes = (0..<1_500).map { row in
        let name = (0..<30).map { _ in String(random.next(), radix: 36) }.joined()
        return RowChange.insertCustomer(Int64(part * 10_000 + row), name, at: 100)
      }
      a.write(changes)
      try hub.sync(&a)
    }
    var b = hub.branch(2)
    guard case .exchange(let response) = try hub.ask(.exchange(hub.request(b)), from: b.replica)
    else { return }
    #expect(response.deltaByteCount > SessionLimits.inlineBytesMax)
    #expect(response.deltaBytes.count == SessionLimits.inlineBytesMax)
    #expect(try hub.store.branches()[1].pendingDownRows == 4_500)
    // The log goes on meanwhile.
    a.write([.insertCustomer(5, "late", at: 100)])
    try hub.sync(&a)
    var bytes = response.deltaBytes
    while bytes.count < response.deltaByteCount {
      let request = DownloadRequest(
        generation: response.generation, from: response.from, to: response.to,
        offset: bytes.count, byteCount: 500_000)
      guard case .download(let piece) = try hub.ask(.download(request), from: b.replica) else {
        Issue.record("no piece")
        return
      }
      #expect(piece.offset == bytes.count)
      #expect(piece.deltaByteCount == response.deltaByteCount)
      bytes += piece.bytes
    }
    #expect(try hub.store.branches()[1].pendingDownRows == 1)
    #expect(try hub.store.branches()[1].replica.lastCompleteSyncMilliseconds == nil)
    // A part of it is staged: the hub ends its next answer there, too.
    let resumed = hub.request(b, resumeTo: response.to)
    guard case .exchange(let again) = try hub.ask(.exchange(resumed), from: b.replica) else {
      return
    }
    #expect(again.to == response.to)
    #expect(again.deltaByteCount == response.deltaByteCount)
    try b.apply(bytes, upTo: response.to)
    try hub.sync(&b)
    #expect(b.rows == a.rows)
    // Beyond the end there is nothing.
    let past = DownloadRequest(
      generation: response.generation, from: .start, to: response.to, offset: 1 << 39,
      byteCount: 10)
    guard case .download(let end) = try hub.ask(.download(past), from: b.replica) else { return }
    #expect(end.bytes.isEmpty && end.offset == end.deltaByteCount)
  }

  @Test func aLargeChangesetIsUploadedInPieces() throws {
    let hub = try TestEngine()
    var a = hub.branch(1)
    let sealed = a.write((0..<5_000).map { .insertCustomer($0, "Ada \($0)", at: 100) })
    let changeset = UploadedChangeset(
      counter: 1, contentHash: sealed.contentHash, byteCount: sealed.bytes.count)
    var have = 0
    while have < sealed.bytes.count {
      let piece = Array(sealed.bytes[have...].prefix(4_000))
      let request = UploadRequest(changeset: changeset, offset: have, bytes: piece)
      guard case .uploaded(let count) = try hub.ask(.upload(request)) else {
        Issue.record("refused")
        return
      }
      #expect(count == have + piece.count)
      have = count
    }
    let request = hub.request(a, changesets: [], uploaded: changeset)
    guard case .exchange(let response) = try hub.ask(.exchange(request)) else {
      Issue.record("refused")
      return
    }
    #expect(response.accepted.map(\.counter) == [1])
    #expect(response.deltaByteCount > 0)
    try a.apply(response.deltaBytes, upTo: response.to)
    #expect(try hub.store.digests()[0].digest.rowCount == 5_000)
  }

  @Test func refusesWithAReason() throws {
    let hub = try TestEngine()
    var a = hub.branch(1)
    a.write([.insertCustomer(1, "Ada", at: 100)])
    var request = hub.request(a)
    request.schemaFingerprint = .zero
    #expect(try hub.refusal(.exchange(request)) == .schemaMismatch)
    #expect(try hub.refusal(.exchange(hub.request(a)), from: ReplicaID(2)) == .notAllowed)
    #expect(try hub.refusal(.describe, from: ReplicaID(99)) == .notAllowed)
    request = hub.request(a)
    request.integrated = CausalContext(
      generation: GenerationID(high: 0, low: 0), position: .start)
    #expect(try hub.refusal(.exchange(request)) == .unknownPosition)
    request = hub.request(a)
    request.changesets[0][40] ^= 1
    #expect(try hub.refusal(.exchange(request)) == .malformed)
    let download = DownloadRequest(
      generation: TestEngine.generation, from: .start, to: LogPosition(9), offset: 0,
      byteCount: 1)
    #expect(try hub.refusal(.download(download)) == .unknownPosition)
    let missing = UploadedChangeset(counter: 1, contentHash: .zero, byteCount: 10)
    #expect(
      try hub.refusal(.exchange(hub.request(a, changesets: [], uploaded: missing))) == .malformed)
    var copy = a
    try hub.sync(&a)
    copy.write([.insertCustomer(3, "Cy", at: 100)])
    a.write([.insertCustomer(4, "Di", at: 100)])
    try hub.sync(&a)
    #expect(
      try hub.refusal(.exchange(hub.request(copy, changesets: [copy.outbox[1].bytes])))
        == .chainBroken)
    try hub.store.revoke(name: "branch 1")
    for request in [
      HubRequest.describe, .exchange(hub.request(a)), .awaitNews(after: .start),
      .download(download),
    ] {
      #expect(try hub.refusal(request) == .revoked)
    }
  }

  @Test func everyRefusalSaysWhatWhyAndWhatNext() throws {
    let refusals: [ChangesetRefusal] = [
      .undecodable(.hashMismatch), .malformed("a block is of a table that is not tracked"),
      .notTheAuthors, .revoked, .unknownReplica, .schemaMismatch,
      .chainBroken(expectedCounter: 2, counter: 1), .unknownPosition,
      .notUploaded(haveBytes: 1, ofBytes: 2),
    ]
    for refusal in refusals {
      #expect(refusal.message.contains("accepted"))
      #expect(refusal.message.hasSuffix("."))
      #expect(refusal.message.count > 60)
    }
  }

  @Test func limitsAreHeld() throws {
    let hub = try TestEngine()
    let a = hub.branch(1)
    func code(_ request: HubRequest) -> RefusalCode? {
      let answer = hub.engine.handle(
        request, from: ReplicaID(1), wallMilliseconds: TestEngine.now)
      if case .refused(let refusal) = answer { return refusal.code }
      return nil
    }
    let many = [[UInt8]](repeating: [], count: SessionLimits.changesetsPerExchangeMax + 1)
    #expect(code(.exchange(hub.request(a, changesets: many))) == .tooLarge)
    let large = [[UInt8](repeating: 0, count: SessionLimits.bodyBytesMax + 1)]
    #expect(code(.exchange(hub.request(a, changesets: large))) == .tooLarge)
    let huge = UploadedChangeset(
      counter: 1, contentHash: .zero, byteCount: SessionLimits.changesetBytesMax + 1)
    #expect(code(.upload(UploadRequest(changeset: huge, offset: 0, bytes: []))) == .tooLarge)
    let small = UploadedChangeset(counter: 1, contentHash: .zero, byteCount: 5)
    let piece = [UInt8](repeating: 0, count: SessionLimits.pieceBytesMax + 1)
    #expect(code(.upload(UploadRequest(changeset: small, offset: 0, bytes: piece))) == .tooLarge)
    let customer = SampleSchema.customer
    #expect(code(.compare(CompareRequest(table: customer, bits: 15, buckets: []))) == .tooLarge)
    #expect(code(.compare(CompareRequest(table: customer, bits: -1, buckets: []))) == .tooLarge)
    #expect(code(.compare(CompareRequest(table: customer, bits: 2, buckets: [4]))) == .malformed)
    #expect(
      code(.compare(CompareRequest(table: TableID(9), bits: 2, buckets: []))) == .malformed)
    let keys = [[UInt8]](repeating: [0x15, 1], count: SessionLimits.fetchRowsMax + 1)
    #expect(code(.fetchRows(FetchRowsRequest(table: customer, keys: keys))) == .tooLarge)
    #expect(code(.fetchRows(FetchRowsRequest(table: customer, keys: [[0xee]]))) == .malformed)
    #expect(code(.fetchRows(FetchRowsRequest(table: TableID(9), keys: []))) == .malformed)
  }

  @Test func storageTroubleIsARefusal() throws {
    struct DiskFailure: Error {}
    let hub = try TestEngine()
    var a = hub.branch(1)
    a.write([.insertCustomer(1, "Ada", at: 100)])
    hub.store.onStep = { if $0 == .beforeCommit { throw StorageError.diskFull } }
    #expect(try hub.refusal(.exchange(hub.request(a))) == .storage)
    hub.store.onStep = { if $0 == .beforeCommit { throw StorageError.locked } }
    #expect(try hub.refusal(.exchange(hub.request(a))) == .busy)
    hub.store.onStep = { if $0 == .begin { throw DiskFailure() } }
    #expect(try hub.refusal(.exchange(hub.request(a))) == .storage)
    hub.store.onStep = nil
    #expect(try hub.store.head() == .start)
    try hub.sync(&a)
    #expect(try hub.store.head() == LogPosition(1))
  }

  @Test func comparesAndFetches() throws {
    let hub = try TestEngine()
    var a = hub.branch(1)
    a.write((1...100).map { .insertCustomer($0, "Ada \($0)", at: 100) })
    try hub.sync(&a)
    let customer = SampleSchema.customer
    guard
      case .compare(let all) = try hub.ask(
        .compare(CompareRequest(table: customer, bits: 3, buckets: []))),
      case .compare(let some) = try hub.ask(
        .compare(CompareRequest(table: customer, bits: 3, buckets: [0, 5])))
    else {
      Issue.record("refused")
      return
    }
    #expect(all.position == LogPosition(1))
    #expect(all.buckets.count == 8)
    #expect(all.buckets.reduce(0) { $0 + $1.rowCount } == 100)
    #expect(some.rows.count == all.buckets[0].rowCount + all.buckets[5].rowCount)
    let keys = [some.rows[0].key, RowKey.customer(1_000).encoded]
    guard
      case .rows(let rows) = try hub.ask(
        .fetchRows(FetchRowsRequest(table: customer, keys: keys)))
    else { return }
    #expect(rows.rows[0]?.count == 4)
    #expect(rows.rows[1] == nil)
  }

  @Test func explainsValues() throws {
    let hub = try TestEngine()
    var a = hub.branch(1)
    var b = hub.branch(2)
    a.write([.insertCustomer(1, "Ada", "London", at: 100)])
    try hub.sync(&a)
    try hub.sync(&b)
    a.write([.update(.customer(1), [3: .text("Paris")], at: 300)])
    b.write([.update(.customer(1), [3: .text("Rome")], at: 400)])
    try hub.sync(&a)
    try hub.sync(&b)
    let request = ExplainRequest(
      table: SampleSchema.customer, key: RowKey.customer(1).encoded)
    guard case .explanation(let why) = try hub.ask(.explain(request)) else {
      Issue.record("refused")
      return
    }
    #expect(why.exists)
    #expect(why.cells.map(\.column) == [nil, ColumnID(2), ColumnID(3), ColumnID(4)])
    #expect(why.cells.map(\.branch) == ["branch 1", "branch 1", "branch 2", "branch 1"])
    #expect(why.cells[2].milliseconds == 400)
    #expect(why.cells[2].value == .text("Rome"))
    #expect(why.cells[2].position == LogPosition(3))
    #expect(why.cells[2].receivedMilliseconds == TestEngine.now)
    #expect(why.conflicts.count == 1)
    #expect(why.conflicts[0].base == .text("London"))
    #expect(why.names.map(\.name) == ["branch 1", "branch 2"])
    let unknown = ExplainRequest(
      table: SampleSchema.customer, key: RowKey.customer(2).encoded)
    guard case .explanation(let nothing) = try hub.ask(.explain(unknown)) else { return }
    #expect(!nothing.exists && nothing.cells.isEmpty)
  }

  @Test func tellsHowFarAChangeHasGot() throws {
    let hub = try TestEngine()
    var (a, b) = (hub.branch(1), hub.branch(2))
    a.write([.insertCustomer(1, "Ada", at: 100)])
    let key = RowKey.customer(1).encoded
    func trace(_ counter: UInt64, from number: UInt32 = 1) throws -> TraceResponse? {
      let request = TraceRequest(table: SampleSchema.customer, key: key, counter: counter)
      guard case .trace(let answer) = try hub.ask(.trace(request), from: ReplicaID(number))
      else { return nil }
      return answer
    }
    // Not here yet.
    let before = try #require(try trace(1))
    #expect(before.changeset == nil && before.last == nil)
    #expect(before.branches.map(\.name) == ["branch 2", "branch 3"])
    try hub.sync(&a)
    let arrival = TraceResponse.Arrival(
      position: LogPosition(1), receivedMilliseconds: TestEngine.now)
    let accepted = try #require(try trace(1))
    #expect(accepted.changeset == arrival && accepted.last == arrival)
    #expect(accepted.branches.map(\.acknowledged) == [.start, .start])
    #expect(accepted.branches.map(\.lastContactMilliseconds) == [nil, nil])
    for _ in 0..<2 { try hub.sync(&b) }
    let delivered = try #require(try trace(0))
    #expect(delivered.changeset == nil && delivered.last == arrival)
    #expect(delivered.branches.map(\.acknowledged) == [LogPosition(1), .start])
    #expect(delivered.branches[0].lastContactMilliseconds == TestEngine.now)
    // Who wrote what stands has it.
    #expect(try trace(0, from: 2)?.branches.map(\.acknowledged) == [LogPosition(1), .start])
    // Another branch's changeset is asked for by nobody.
    #expect(try trace(1, from: 2)?.changeset == nil)
  }

  @Test func tellsTheHeadAndItself() throws {
    let hub = try TestEngine()
    #expect(
      try hub.ask(.awaitNews(after: .start))
        == .news(generation: TestEngine.generation, head: .start))
    guard case .description(let description) = try hub.ask(.describe) else { return }
    #expect(description.schema == SampleSchema.schema)
    #expect(description.names.count == 3)
    guard case .description(let preview) = hub.engine.preview(.describe) else {
      Issue.record("refused")
      return
    }
    #expect(preview.names.isEmpty)
    guard case .refused = hub.engine.preview(.awaitNews(after: .start)) else {
      Issue.record("answered somebody who has not joined")
      return
    }
  }
}
