internal import Basics
internal import Clocks

/// Reads and checks a changeset's frames one by one.
package struct ChangesetReader: ~Copyable {
  /// What one frame of a changeset says.
  package enum Part {
    case header(ChangesetHeader)
    case block(BlockReader)
    /// In place of a block; only where stubs are allowed.
    case stub(BlockStub)
    /// The hash was checked: the changeset is whole and what it says it is.
    case trailer(ChangesetTrailer)
  }

  private enum Expected { case header, blockOrTrailer, nothing }

  private var expected = Expected.header
  private var mayCount = false
  private let allowsStubs: Bool
  private var hasher = ContentHash.Hasher256()
  private var rowCount = 0
  private var blockCount = 0
  /// The hash of the raw bytes of the block read last, for who puts it under another header.
  private(set) var lastBlockHash = ContentHash.zero

  /// `allowsStubs` for the streams in tails and those handed back, in which blocks that added
  /// nothing may be left out.
  package init(allowsStubs: Bool = false) { self.allowsStubs = allowsStubs }

  /// Takes the stream's next frame. After an error nothing of the changeset may be used.
  package mutating func read(_ frame: Frame) throws(DeltaDecodingError) -> Part {
    switch (expected, frame.type) {
    case (.header, .changesetHeader):
      let header = try ChangesetHeader(payload: frame.payload)
      hasher.update(frame.payload)
      mayCount = header.mayCount
      expected = .blockOrTrailer
      return .header(header)
    case (.blockOrTrailer, .block):
      let raw = try decompressedBlock(payload: frame.payload)
      let block = try BlockReader(raw: raw)
      try block.expectFit(mayCount: mayCount)
      count(ContentHash(of: raw), rowCount: block.rowCount)
      return .block(block)
    case (.blockOrTrailer, .stub) where allowsStubs:
      let stub = try BlockStub(payload: frame.payload)
      count(stub.hash, rowCount: stub.rowCount)
      return .stub(stub)
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

  private mutating func count(_ blockHash: ContentHash, rowCount: Int) {
    lastBlockHash = blockHash
    hasher.update(blockHash.bytes)
    self.rowCount += rowCount
    blockCount += 1
  }

  /// Whether the trailer was read.
  package var isComplete: Bool { expected == .nothing }
}
