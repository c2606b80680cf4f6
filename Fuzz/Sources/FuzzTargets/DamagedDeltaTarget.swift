internal import Basics
internal import Clocks
internal import Deltas

/// A delta that was damaged anywhere is refused, or says just what it said before.
package struct DamagedDeltaTarget: FuzzTarget {
  package static let name = "damaged-delta"
  package static let inputBytesMax = 1_024
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    var choices = InputBytes(input)
    let damage = Damage(&choices)
    var places = InputBytes(choices.bytes(atMost: 24))
    let frames = Self.frames(&choices)
    guard let whole = try StreamReading.delta(frames) else {
      throw FuzzFinding("A delta that we wrote is refused.")
    }
    let damaged = damage.applied(to: frames, &places)
    guard let received = try StreamReading.frames(of: damaged, pieceBytes: 31) else { return }
    // Planted: a delta without its trailer is taken for a whole one.
    if isBroken, received == frames.dropLast() { throw FuzzFinding("A damaged delta is taken.") }
    guard let reading = try StreamReading.delta(received) else { return }
    switch damage {
    case .resealed: return  // Another delta, which was read and written again as what it is.
    case .framesSwapped:
      // Two outcomes, or two lists of conflicts, of one entry: the hub alone orders them.
      try hold(Set(reading.parts) == Set(whole.parts), "Swapped frames say something else.")
    default:
      try hold(reading == whole, "A delta that says something else passes for what it was.")
    }
  }

  private static func frames(_ choices: inout InputBytes) -> [Frame] {
    let from = choices.position().rawValue % (DeltaLimits.ordinalMax - 16)
    let entryCount = choices.number(below: 4)
    var frames: [Frame] = []
    for index in 0..<entryCount {
      let entry = DeltaEntry(
        position: LogPosition(from + 1 + UInt64(index)), dot: choices.dot(),
        contentHash: choices.hash(), timestamp: choices.timestamp(),
        clockOffsetMilliseconds: Int64(bitPattern: choices.magnitude()),
        receivedMilliseconds: Int64(bitPattern: choices.magnitude()), hasBlocks: choices.flag())
      frames.append(Frame(type: .entry, payload: entry.payload))
      frames += parts(of: entry, &choices)
    }
    let header = DeltaHeader(
      generation: choices.generation(), from: LogPosition(from),
      to: LogPosition(from + UInt64(entryCount)),
      receiver: ReplicaID(UInt32(truncatingIfNeeded: choices.magnitude())))
    let trailer = DeltaTrailer(entryCount: entryCount, frameCount: frames.count + 1)
    return [Frame(type: .deltaHeader, payload: header.payload)] + frames
      + [Frame(type: .deltaTrailer, payload: trailer.payload)]
  }

  private static func parts(
    of entry: DeltaEntry, _ choices: inout InputBytes
  ) -> [Frame] {
    var frames: [Frame] = []
    if entry.hasBlocks {
      for _ in 0..<choices.number(below: 3) {
        frames.append(
          Frame(type: .block, payload: compressedBlock(raw: choices.block().raw)))
      }
    }
    for _ in 0..<choices.number(below: 3) {
      let block = choices.block(kind: choices.flag() ? .insert : .delete)
      frames.append(Frame(type: .outcome, payload: compressedBlock(raw: block.raw)))
    }
    if choices.flag() {
      let conflicts = (0...choices.number(below: 2)).map { _ in choices.conflict() }
      frames.append(Frame(type: .conflicts, payload: Conflict.payload(of: conflicts)))
    }
    return frames
  }
}
