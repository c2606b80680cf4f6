internal import Deltas
internal import Storage

/// What others call a row of which the table's own key is at hand.
struct SharedKey {
  private let statement: Statement
  private(set) var key = KeyBuffer()
  private(set) var encoder = KeyEncoder()

  init(_ table: TrackedTable, _ database: Database) throws {
    statement = try database.prepare(table.sql.selectSharedKey)
  }

  mutating func take(_ own: KeyBuffer, count: Int) throws {
    statement.rewind()
    try own.bind(to: statement)
    _ = try statement.step()
    key.take(statement, count: count)
    encoder.removeAll()
    key.lendEach { encoder.append($1) }
    statement.rewind()
  }
}
