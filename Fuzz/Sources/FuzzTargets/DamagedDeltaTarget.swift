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
    guard var received = try StreamReading.frames(of: damaged, pieceBytes: 31) else { return }
    // Planted: nobody counts what came.
    if isBroken, received.last?.type == .deltaTrailer {
      let last = received.count - 1
      received[last].payload = FrameScript.computed(received, last) ?? []
    }
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
    let version = 1 + choices.number(below: FormatVersion.delta)
    let isWholeState = version > 1 && choices.number(below: 8) == 0
    let from = isWholeState ? 0 : choices.position().rawValue % (DeltaLimits.ordinalMax - 16)
    let entryCount = choices.number(below: 4)
    var frames: [Frame] = []
    if isWholeState {
      frames = outcomes(version, &choices, kind: .insert)
    } else {
      for index in 0..<entryCount {
        frames += entry(LogPosition(from + 1 + UInt64(index)), version, &choices)
      }
    }
    let header = DeltaHeader(
      formatVersion: version, generation: choices.generation(), from: LogPosition(from),
      to: LogPosition(from + UInt64(entryCount)),
      receiver: ReplicaID(UInt32(truncatingIfNeeded: choices.magnitude())),
      isWholeState: isWholeState)
    let trailer = DeltaTrailer(
      entryCount: isWholeState ? 0 : entryCount, frameCount: frames.count + 1)
    return [Frame(type: .deltaHeader, payload: header.payload)] + frames
      + [Frame(type: .deltaTrailer, payload: trailer.payload)]
  }

  private static func entry(
    _ position: LogPosition, _ version: Int, _ choices: inout InputBytes
  ) -> [Frame] {
    let entry = DeltaEntry(
      position: position, dot: choices.dot(), contentHash: choices.hash(),
      timestamp: choices.timestamp(),
      clockOffsetMilliseconds: Int64(bitPattern: choices.magnitude()),
      receivedMilliseconds: Int64(bitPattern: choices.magnitude()), hasBlocks: choices.flag(),
      seen: version > 1 ? knowledge(position, &choices) : nil)
    var frames = [Frame(type: .entry, payload: entry.payload)]
    if entry.hasBlocks { frames += blocks(of: entry, version, &choices) }
    // The author's parts give the entry its hash, as the hub's log has it.
    if version > 1 { frames[0].payload = FrameScript.computed(frames, 0) ?? [] }
    return frames + outcomes(version, &choices, kind: nil)
  }

  private static func knowledge(
    _ position: LogPosition, _ choices: inout InputBytes
  ) -> EntryKnowledge {
    EntryKnowledge(upTo: LogPosition(choices.magnitude() % position.rawValue), also: [])
  }

  private static func blocks(
    of entry: DeltaEntry, _ version: Int, _ choices: inout InputBytes
  ) -> [Frame] {
    var frames: [Frame] = []
    if version > 1 {
      let header = ChangesetHeader(
        dot: choices.dot(), previous: choices.hash(),
        context: CausalContext(generation: choices.generation(), position: choices.position()),
        timestamp: entry.timestamp, schemaFingerprint: choices.hash(), isBaseline: choices.flag())
      frames.append(Frame(type: .changesetHeader, payload: header.payload))
    }
    for _ in 0..<choices.number(below: 3) {
      let block = choices.block()
      if version > 1, choices.number(below: 4) == 0 {
        let stub = BlockStub(raw: block.raw, rowCount: block.rowCount)
        frames.append(Frame(type: .stub, payload: stub.payload))
      } else {
        frames.append(Frame(type: .block, payload: compressedBlock(raw: block.raw)))
      }
    }
    return frames
  }

  private static func outcomes(
    _ version: Int, _ choices: inout InputBytes, kind: ChangeKind?
  ) -> [Frame] {
    var frames: [Frame] = []
    for _ in 0..<choices.number(below: 3) {
      let block = choices.block(kind: kind ?? (choices.flag() ? .insert : .delete))
      frames.append(Frame(type: .outcome, payload: compressedBlock(raw: block.raw)))
    }
    // Lists of conflicts were written otherwise before version 3.
    if version > 2, choices.flag() {
      let conflicts = (0...choices.number(below: 2)).map { _ in choices.conflict() }
      frames.append(Frame(type: .ledger, payload: Conflict.payload(of: conflicts)))
    }
    return frames
  }
}
