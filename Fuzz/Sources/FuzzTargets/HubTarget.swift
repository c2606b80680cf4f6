internal import Basics
internal import Clocks
internal import Deltas
internal import Hub
internal import HubStore
internal import Sessions

/// Whatever branches ask of a hub, in whatever order and however untrue, has an answer: the log
/// never loses an entry, the store stays whole, and everybody can read what came of it.
package struct HubTarget: FuzzTarget {
  package static let name = "hub"
  package static let inputBytesMax = 512
  private static let stepsMax = 8
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    var choices = InputBytes(input)
    guard let world = try? HostileWorld() else { return }
    var head = LogPosition.start
    for _ in 0..<1 + choices.number(below: Self.stepsMax) where !choices.isAtEnd {
      try step(world, &choices)
      guard let now = try? world.store.head() else {
        throw FuzzFinding("A hub cannot say how far its log goes.")
      }
      try hold(now >= head, "A hub's log lost an entry.")
      head = now
    }
    try checkWhole(world, head)
  }

  private func step(_ world: HostileWorld, _ choices: inout InputBytes) throws(FuzzFinding) {
    guard choices.number(below: 12) > 0 else { return world.restart() }
    let replica = ReplicaID(UInt32(choices.number(below: 4)))
    guard let request = world.request(from: replica, &choices) else { return }
    let answer = world.engine.handle(
      request, from: replica, isStranger: choices.number(below: 6) == 0,
      wallMilliseconds: world.now)
    try hold(
      (try? HubResponse(encoded: answer.encoded)) == answer, "An answer cannot be read.")
    world.note(answer)
    if case .refused(let refusal) = answer {
      try hold(refusal.code != .storage, "A request brought the store into trouble.")
    }
  }

  private func checkWhole(_ world: HostileWorld, _ head: LogPosition) throws(FuzzFinding) {
    let findings = (try? world.store.check()) ?? []
    // All but the last, which tells of rows in quarantine: such rows are no damage.
    for finding in findings.dropLast() {
      try hold(finding.isOK, "The store is not whole: \(finding.what)")
    }
    try hold(!findings.isEmpty, "The store cannot be checked.")
    for receiver in [ReplicaID.hub, ReplicaID(2)] {
      guard
        let whole = try? world.store.delta(
          receiver: receiver, from: .start, to: head, offset: 0, byteCount: .max)
      else { throw FuzzFinding("A hub cannot make a delta of its log.") }
      // Planted: a delta's last byte is lost.
      let bytes = isBroken ? Array(whole.bytes.dropLast()) : whole.bytes
      guard head > .start else { continue }
      guard let frames = try StreamReading.frames(of: bytes, pieceBytes: max(bytes.count, 1)),
        try StreamReading.delta(frames) != nil
      else { throw FuzzFinding("A hub makes a delta that nobody reads.") }
    }
  }
}
