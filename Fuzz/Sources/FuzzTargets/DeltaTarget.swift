internal import Basics
internal import Clocks
internal import Deltas

/// A delta's stream that is read says the same when it is written again, and has each position
/// that it promises.
package struct DeltaTarget: FuzzTarget {
  package static let name = "delta"
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  /// The first byte says in what pieces the stream comes, and whether the others are the stream
  /// itself or its script.
  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    let head = input.first ?? 0
    let stream =
      head & 1 == 1
      ? Array(input.dropFirst())
      : FrameScript.frames(of: input.dropFirst()).flatMap(\.encoded)
    guard let frames = try StreamReading.frames(of: stream, pieceBytes: 1 + Int(head >> 1)),
      let reading = try StreamReading.delta(frames)
    else { return }
    try checkPositions(reading)
  }

  private func checkPositions(_ reading: StreamReading) throws(FuzzFinding) {
    guard let first = reading.parts.first, let header = try? DeltaHeader(payload: first.content)
    else { throw FuzzFinding("A whole delta has no header.") }
    var positions = reading.parts.filter { $0.type == .entry }.compactMap {
      (try? DeltaEntry(payload: $0.content, formatVersion: header.formatVersion))?
        .position.rawValue
    }
    // Planted: an entry is skipped.
    if isBroken { positions = Array(positions.dropLast()) }
    let wanted = header.isWholeState ? 0 : header.to.rawValue - header.from.rawValue
    try hold(UInt64(positions.count) == wanted, "A delta has fewer or more entries than positions.")
    for (index, position) in positions.enumerated() {
      try hold(
        position == header.from.rawValue + 1 + UInt64(index), "A delta's entries have a gap.")
    }
  }
}
