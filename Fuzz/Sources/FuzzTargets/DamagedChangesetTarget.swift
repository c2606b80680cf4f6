internal import Basics
internal import Clocks
internal import Deltas

/// A changeset that was damaged anywhere is refused, or says just what it said before.
package struct DamagedChangesetTarget: FuzzTarget {
  package static let name = "damaged-changeset"
  package static let inputBytesMax = 1_024
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    var choices = InputBytes(input)
    let damage = Damage(&choices)
    var places = InputBytes(choices.bytes(atMost: 24))
    let stream = Self.stream(&choices)
    let frames = try StreamReading.frames(of: stream, pieceBytes: 7) ?? []
    guard let whole = try StreamReading.changeset(frames) else {
      throw FuzzFinding("A changeset that we wrote is refused.")
    }
    let damaged = damage.applied(to: frames, &places)
    guard var received = try StreamReading.frames(of: damaged, pieceBytes: 31) else { return }
    // Planted: the hash is made to fit what came.
    if isBroken, received.last?.type == .changesetTrailer {
      let last = received.count - 1
      received[last].payload = FrameScript.computed(received, last) ?? []
    }
    guard let reading = try StreamReading.changeset(received) else { return }
    try hold(reading == whole, "A changeset that says something else passes for what it was.")
  }

  private static func stream(_ choices: inout InputBytes) -> [UInt8] {
    let header = ChangesetHeader(
      dot: choices.dot(), previous: choices.hash(),
      context: CausalContext(generation: choices.generation(), position: choices.position()),
      timestamp: choices.timestamp(), schemaFingerprint: choices.hash(),
      isBaseline: choices.flag())
    var writer = ChangesetWriter(header: header)
    var stream = writer.headerFrame()
    for _ in 0..<choices.number(below: 4) {
      let block = choices.block()
      stream += writer.blockFrame(raw: block.raw, rowCount: block.rowCount)
    }
    return stream + writer.finish().frame
  }
}
