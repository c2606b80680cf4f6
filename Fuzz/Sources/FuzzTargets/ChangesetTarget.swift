internal import Basics
internal import Clocks
internal import Deltas

/// A changeset's stream that is read says the same when it is written again, and its content hash
/// is what its parts come to.
package struct ChangesetTarget: FuzzTarget {
  package static let name = "changeset"
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  /// The first byte says in what pieces the stream comes, whether blocks may be left out of it, and
  /// whether the others are the stream itself or its script.
  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    let head = input.first ?? 0
    let stream =
      head & 1 == 1
      ? Array(input.dropFirst())
      : FrameScript.frames(of: input.dropFirst()).flatMap(\.encoded)
    guard let frames = try StreamReading.frames(of: stream, pieceBytes: 1 + Int(head >> 2)),
      var reading = try StreamReading.changeset(frames, allowsStubs: head & 2 != 0)
    else { return }
    // Planted: a changeset's last block is lost on the way.
    if isBroken, reading.parts.count > 2 { reading.parts.remove(at: reading.parts.count - 2) }
    guard let last = reading.parts.last, let trailer = try? ChangesetTrailer(payload: last.content)
    else { throw FuzzFinding("A whole changeset has no trailer.") }
    try hold(
      trailer.contentHash == StreamReading.contentHash(reading.parts),
      "A changeset's hash is not that of its content.")
    try checkRechained(stream, reading, trailer.contentHash)
  }

  /// The same blocks under another header are a changeset too, and nothing else.
  private func checkRechained(
    _ stream: [UInt8], _ reading: StreamReading, _ hash: ContentHash
  ) throws(FuzzFinding) {
    let dot = Dot(replica: ReplicaID(9), counter: 4)
    let previous = ContentHash(of: [7])
    guard
      let (again, trailer) = try? ChangesetRewriter.rechained(
        stream, hash: hash, dot: dot, previous: previous)
    else { throw FuzzFinding("A changeset cannot be put into another chain.") }
    let frames = try StreamReading.frames(of: again, pieceBytes: 100) ?? []
    guard let moved = try StreamReading.changeset(frames, allowsStubs: true),
      let header = try? ChangesetHeader(payload: moved.parts[0].content)
    else { throw FuzzFinding("A changeset in another chain is refused.") }
    try hold(header.dot == dot && header.previous == previous, "Another chain was asked for.")
    let first = (try? ChangesetHeader(payload: reading.parts[0].content))?.origin ?? hash
    try hold(header.origin == first, "What a changeset was first sealed as is forgotten.")
    try hold(trailer.payload == moved.parts.last?.content, "The new trailer is another one.")
    try hold(
      moved.parts.dropFirst().dropLast() == reading.parts.dropFirst().dropLast(),
      "A changeset's blocks are others in another chain.")
  }
}
