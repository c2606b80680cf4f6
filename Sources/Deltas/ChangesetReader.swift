internal import Basics
internal import Clocks

/// Reads and checks a changeset's frames one by one.
package struct ChangesetReader: ~Copyable {
  /// What one frame of a changeset says.
  package enum Part {
    case header(ChangesetHeader)
    case block(BlockReader)
    /// The hash was checked: the changeset is whole and what it says it is.
    case trailer(ChangesetTrailer)
  }

  private enum Expected { case header, blockOrTrailer, nothing }

  private var expected = Expected.header
  private var hasher = ContentHash.Hasher256()
  private var rowCount = 0
  private var blockCount = 0

  package init() {}

  /// Takes the stream's next frame. After an error nothing of the changeset may be used.
  package mutating func read(_ frame: Frame) throws(DeltaDecodingError) -> Part {
    switch (expected, frame.type) {
    case (.header, .changesetHeader):
      let header = try ChangesetHeader(payload: frame.payload)
      hasher.update(frame.payload)
      expected = .blockOrTrailer
      return .header(header)
    case (.blockOrTrailer, .block):
      let raw = try decompressedBlock(payload: frame.payload)
      let block = try BlockReader(raw: raw)
      hasher.update(ContentHash(of: raw).bytes)
      rowCount += block.rowCount
      blockCount += 1
      return .block(block)
    case (.blockOrTrailer, .changesetTrailer):
      let trailer = try ChangesetTrailer(payload: frame.payload)
      guard trailer.contentHash == hasher.finish() else { throw .hashMismatch }
      guard trailer.rowCount == rowCount, trailer.blockCount == blockCount else {
        throw .malformed("a changeset's trailer counts other rows or blocks than there are")
      }
      expected = .nothing
      return .trailer(trailer)
    default:
      throw .malformed("a changeset has a \(frame.type) where none belongs")
    }
  }

  /// Whether the trailer was read.
  package var isComplete: Bool { expected == .nothing }
}
