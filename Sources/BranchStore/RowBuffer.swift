internal import Clocks
internal import Deltas
internal import Storage

/// The values of a statement's current row, looked at once. Valid until the statement moves on.
struct RowBuffer {
  /// A block's limit less the target, which other rows may have filled, and room for the rest.
  static let bytesMax = DeltaLimits.blockRawBytesMax - (2 << 20)

  private var values: [ValueView] = []

  /// Returns the bytes of the text and blob columns, or nil if they are more than can travel.
  mutating func take(_ statement: Statement, from first: Int, count: Int) -> Int? {
    values.removeAll(keepingCapacity: true)
    var sum = 0
    for column in first..<first + count {
      let value = statement.view(column)
      switch value {
      case .text(let bytes), .blob(let bytes):
        guard bytes.count <= DeltaLimits.valueBytesMax else { return nil }
        sum += bytes.count
      case .null, .integer, .real: break
      }
      values.append(value)
    }
    return sum <= Self.bytesMax ? sum : nil
  }

  /// The value of the statement's column, counted from those that were taken.
  subscript(index: Int) -> ValueView { values[index] }

  /// Adds the row to a block, and what was there before of its counted columns. Returns whether
  /// the block is to be closed.
  func append(
    to block: inout BlockBuilder, key: KeyBuffer, previous: [Value] = [], milliseconds: Int64,
    base: LogPosition?
  ) -> Bool {
    block.beginRow(milliseconds: milliseconds, base: base)
    key.lendEach { block.appendKey($1) }
    for value in values { block.append(value) }
    for value in previous { value.withView { block.append($0) } }
    return block.isFull
  }
}
