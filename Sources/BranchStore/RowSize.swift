internal import Deltas
internal import Storage

/// Whether a row fits a block.
enum RowSize {
  /// A block's limit less the target, which other rows may have filled, and room for the rest.
  static let bytesMax = DeltaLimits.blockRawBytesMax - (2 << 20)

  /// The bytes of a statement's text and blob columns, or nil if they are more than can travel.
  static func bytes(of statement: Statement, from first: Int, count: Int) -> Int? {
    var sum = 0
    for column in first..<first + count {
      switch statement.view(column) {
      case .text(let bytes), .blob(let bytes):
        guard bytes.count <= DeltaLimits.valueBytesMax else { return nil }
        sum += bytes.count
      case .null, .integer, .real: break
      }
    }
    return sum <= bytesMax ? sum : nil
  }
}
