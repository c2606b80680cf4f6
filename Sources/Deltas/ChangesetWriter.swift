internal import Basics
internal import Clocks

/// Makes a changeset's stream piece by piece, so that no changeset is ever whole in memory.
package struct ChangesetWriter: ~Copyable {
  private let headerPayload: [UInt8]
  private var hasher: ContentHash.Hasher256
  private var rowCount = 0
  private var blockCount = 0

  package init(header: ChangesetHeader) {
    invariant(header.dot.counter > 0, "Changesets count from 1.")
    headerPayload = header.payload
    hasher = ContentHash.Hasher256()
    hasher.update(headerPayload)
  }

  /// The encoded frame that begins the stream.
  package func headerFrame() -> [UInt8] {
    Frame(type: .changesetHeader, payload: headerPayload).encoded
  }

  /// The encoded frame of one block, compressed. `raw` comes from `BlockBuilder.finish`.
  package mutating func blockFrame(raw: [UInt8], rowCount: Int) -> [UInt8] {
    hasher.update(ContentHash(of: raw).bytes)
    self.rowCount += rowCount
    blockCount += 1
    return Frame(type: .block, payload: compressedBlock(raw: raw)).encoded
  }

  /// The trailer, and the encoded frame that ends the stream.
  package mutating func finish() -> (trailer: ChangesetTrailer, frame: [UInt8]) {
    let trailer = ChangesetTrailer(
      rowCount: rowCount, blockCount: blockCount, contentHash: hasher.finish())
    return (trailer, Frame(type: .changesetTrailer, payload: trailer.payload).encoded)
  }
}
