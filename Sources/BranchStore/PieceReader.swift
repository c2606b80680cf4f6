/// Reads a stream that is kept in pieces of one size.
enum PieceReader {
  /// As much as there is from the offset on, up to a number of bytes and a limit of ours. Empty
  /// past the end.
  static func read(
    offset: Int, byteCount: Int, piece: (_ index: Int) throws -> [UInt8]?
  ) rethrows -> [UInt8] {
    var result: [UInt8] = []
    let wanted = min(byteCount, BranchLimits.outboxReadBytesMax)
    var position = max(0, offset)
    while result.count < wanted {
      let pieceBytes = BranchLimits.outboxPieceBytes
      guard let bytes = try piece(position / pieceBytes) else { break }
      let rest = bytes.dropFirst(position % pieceBytes).prefix(wanted - result.count)
      guard !rest.isEmpty else { break }
      result.append(contentsOf: rest)
      position += rest.count
    }
    return result
  }
}
