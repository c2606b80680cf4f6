internal import Basics
internal import Clocks
internal import Deltas

/// A block that is read says the same when it is written again: one value, one spelling.
package struct BlockTarget: FuzzTarget {
  package static let name = "block"
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    // Planted: bytes after the end are not noticed.
    let raw = isBroken ? Array(input.dropLast()) : input
    guard let block = try? BlockReader(raw: raw) else { return }
    try checkRewritten(block, raw: input)
    try checkKeys(block)
  }

  private func checkKeys(_ block: BlockReader) throws(FuzzFinding) {
    for row in 0..<block.rowCount {
      let change = block.rowChange(row)
      let encoded = block.withValues { $0.encodedKey(row: row) }
      try hold(encoded.count <= DeltaLimits.keyBytesMax, "A key is longer than its limit.")
      let key = try? RowKey(table: block.table, encoded: encoded)
      try hold(key == change.key, "A key's bytes do not say what the block says.")
    }
  }
}

/// Holds a block that was read to the bytes it was read from.
func checkRewritten(_ block: BlockReader, raw: [UInt8]) throws(FuzzFinding) {
  var builder = BlockBuilder(
    table: block.table, kind: block.kind, columns: block.columns, counted: block.counted,
    keyColumnCount: block.keyColumnCount)
  block.withValues { values in
    for row in 0..<block.rowCount {
      builder.beginRow(milliseconds: block.milliseconds(row: row), base: block.base(row: row))
      for index in 0..<block.keyColumnCount { builder.appendKey(values.key(index, row: row)) }
      for index in block.columns.indices { builder.append(values.value(index, row: row)) }
      for index in block.counted.indices { builder.append(values.previous(index, row: row)) }
    }
  }
  try hold(builder.finish() == raw, "A block is written again with other bytes.")
}
