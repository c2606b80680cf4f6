package import Basics
package import Clocks

/// Puts a changeset's blocks under another header, frame by frame: the same changes in another
/// chain. The stream that is read is checked like any other.
package struct ChangesetRewriter: ~Copyable {
  private let dot: Dot
  private let previous: ContentHash
  private let context: CausalContext?
  private let hash: ContentHash
  private var reader = ChangesetReader(allowsStubs: true)
  private var hasher = ContentHash.Hasher256()
  /// The header as it was read; nil before its frame has come.
  package private(set) var original: ChangesetHeader?
  /// The trailer as it is written; nil before the last frame. Its hash is the new identity.
  package private(set) var trailer: ChangesetTrailer?

  /// `hash` is that of the stream as it is: what it was first sealed with stays known as its
  /// origin. `context` replaces the header's where it is given. The timestamp stays, under the new
  /// author.
  package init(
    hash: ContentHash, dot: Dot, previous: ContentHash, context: CausalContext? = nil
  ) {
    invariant(dot.counter > 0, "Changesets count from 1.")
    self.hash = hash
    self.dot = dot
    self.previous = previous
    self.context = context
  }

  /// Takes the old stream's next frame and returns the new one, encoded.
  package mutating func rewrite(_ frame: Frame) throws(DeltaDecodingError) -> [UInt8] {
    switch try reader.read(frame) {
    case .header(let header):
      original = header
      let payload = rewritten(header).payload
      hasher.update(payload)
      return Frame(type: .changesetHeader, payload: payload).encoded
    case .block:
      hasher.update(reader.lastBlockHash.bytes)
      return frame.encoded
    case .stub(let stub):
      hasher.update(stub.hash.bytes)
      return frame.encoded
    case .trailer(let old):
      let new = ChangesetTrailer(
        rowCount: old.rowCount, blockCount: old.blockCount, contentHash: hasher.finish())
      trailer = new
      return Frame(type: .changesetTrailer, payload: new.payload).encoded
    }
  }

  private func rewritten(_ header: ChangesetHeader) -> ChangesetHeader {
    ChangesetHeader(
      dot: dot, previous: previous, context: context ?? header.context,
      timestamp: HybridTimestamp(
        milliseconds: header.timestamp.milliseconds, counter: header.timestamp.counter,
        replica: dot.replica),
      schemaFingerprint: header.schemaFingerprint, isBaseline: header.isBaseline,
      origin: header.origin ?? hash, mayCount: header.mayCount)
  }

  /// A whole stream rewritten at once, with its new trailer.
  package static func rechained(
    _ stream: [UInt8], hash: ContentHash, dot: Dot, previous: ContentHash,
    context: CausalContext? = nil
  ) throws(DeltaDecodingError) -> (stream: [UInt8], trailer: ChangesetTrailer) {
    var frames = FrameReader()
    frames.append(stream)
    var rewriter = ChangesetRewriter(hash: hash, dot: dot, previous: previous, context: context)
    var result: [UInt8] = []
    while let frame = try frames.next() { result += try rewriter.rewrite(frame) }
    guard let trailer = rewriter.trailer, frames.pendingBytes == 0 else { throw .truncated }
    return (result, trailer)
  }
}
