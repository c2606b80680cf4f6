package import Clocks
package import Deltas
internal import Storage

/// A row whose incoming changes wait.
package struct DeferredRow: Hashable, Sendable {
  package var key: RowKey
  /// Where in the log the row was last integrated here.
  package var base: LogPosition
  /// Why SQLite refused it: then it is in quarantine. Nil while it waits for the hub to confirm
  /// changes of this branch.
  package var reason: String?
  /// How many changes wait.
  package var changeCount: Int
}

extension BranchStore {
  /// The rows whose incoming changes wait, in the order in which they began to.
  package func deferredRows() throws -> [DeferredRow] {
    try performing {
      let statement = try database.cached(BranchSQL.selectDeferredRows)
      defer { statement.reset() }
      var result: [DeferredRow] = []
      while try statement.step() {
        let table = TableID(UInt16(truncatingIfNeeded: statement.integer(0)))
        result.append(
          DeferredRow(
            key: try RowKey(table: table, encoded: statement.bytes(1)),
            base: LogPosition(UInt64(bitPattern: statement.integer(2))),
            reason: statement.isNull(3) ? nil : statement.text(3),
            changeCount: Int(statement.integer(4))))
      }
      return result
    }
  }
}
