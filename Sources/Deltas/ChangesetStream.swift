internal import Basics
internal import Clocks

/// Makes a changeset's stream piece by piece, so that no changeset is ever whole in memory.
package struct ChangesetWriter: ~Copyable {
  package init(header: ChangesetHeader) { fatalError("unwritten") }

  /// The encoded frame that begins the stream.
  package func headerFrame() -> [UInt8] { fatalError("unwritten") }

  /// The encoded frame of one block, compressed. `raw` comes from `BlockBuilder.finish`.
  package mutating func blockFrame(raw: [UInt8], rowCount: Int) -> [UInt8] {
    fatalError("unwritten")
  }

  /// The trailer, and the encoded frame that ends the stream.
  package mutating func finish() -> (trailer: ChangesetTrailer, frame: [UInt8]) {
    fatalError("unwritten")
  }
}

/// Reads and checks a changeset's frames one by one.
package struct ChangesetReader: ~Copyable {
  package enum Part {
    case header(ChangesetHeader)
    case block(BlockReader)
    /// The hash was checked: the changeset is whole and what it says it is.
    case trailer(ChangesetTrailer)
  }

  package init() { fatalError("unwritten") }

  package mutating func read(_ frame: Frame) throws(DeltaDecodingError) -> Part {
    fatalError("unwritten")
  }

  /// Whether the trailer was read.
  package var isComplete: Bool { fatalError("unwritten") }
}

/// The raw, decompressed content of a block or outcome frame's payload.
package func decompressedBlock(payload: [UInt8]) throws(DeltaDecodingError) -> [UInt8] {
  fatalError("unwritten")
}

/// The payload of a block or outcome frame: raw length, then the compressed bytes.
package func compressedBlock(raw: [UInt8]) -> [UInt8] { fatalError("unwritten") }
