internal import Basics
internal import Deltas

/// A changeset's stream that is read says the same when it is written again, and its content hash
/// is what its parts come to.
package struct ChangesetTarget: FuzzTarget {
  package static let name = "changeset"
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
      var reading = try StreamReading.changeset(frames)
    else { return }
    // Planted: a changeset's last block is lost on the way.
    if isBroken, reading.parts.count > 2 { reading.parts.remove(at: reading.parts.count - 2) }
    var hasher = ContentHash.Hasher256()
    hasher.update(reading.parts[0].content)
    for part in reading.parts where part.type == .block {
      hasher.update(ContentHash(of: part.content).bytes)
    }
    guard let last = reading.parts.last, let trailer = try? ChangesetTrailer(payload: last.content)
    else { throw FuzzFinding("A whole changeset has no trailer.") }
    try hold(
      trailer.contentHash == hasher.finish(), "A changeset's hash is not that of its content.")
  }
}
