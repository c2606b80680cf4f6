internal import Clocks
internal import Deltas

extension RowChange {
  /// The one change that comes to the same as this one and then another of the same row.
  func followed(by next: RowChange) -> RowChange {
    switch (kind, next.kind) {
    case (_, .insert), (_, .delete): return next
    // An update of a row that is not there changes nothing.
    case (.delete, .update): return self
    case (.insert, .update), (.update, .update):
      var values = Dictionary(uniqueKeysWithValues: zip(columns, self.values))
      for (column, value) in zip(next.columns, next.values) { values[column] = value }
      var result = self
      result.milliseconds = next.milliseconds
      // Where they wait, and where they are applied, operations are the values they came to.
      result.previous = []
      result.columns = values.keys.sorted()
      result.values = result.columns.map { values[$0] ?? .null }
      return result
    }
  }

  /// A block of this row alone, as its canonical raw bytes.
  var block: [UInt8] {
    var builder = BlockBuilder(
      table: key.table, kind: kind, columns: columns, keyColumnCount: key.values.count)
    builder.beginRow(milliseconds: milliseconds, base: base)
    for value in key.values { value.withView { builder.appendKey($0) } }
    for value in values { value.withView { builder.append($0) } }
    return builder.finish()
  }
}
