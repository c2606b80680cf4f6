/// Why a database's tables cannot be tracked as asked.
package enum SchemaError: Error, Hashable, Sendable {
  case storage(StorageError)
  case noSuchTable(String)
  case noPrimaryKey(table: String)
  /// A view, a virtual table, a table of SQLite's or of the engine's own.
  case notTrackable(table: String, why: String)
  case nothingToTrack
  case tooLarge(what: String, limit: Int)

  /// What was not done, what stopped it, and what to do next.
  package var message: String {
    switch self {
    case .storage(let error):
      "The schema was not read: \(error.message)."
    case .noSuchTable(let name):
      "Table “\(name)” cannot be tracked: the database has no such table. Check its spelling."
    case .noPrimaryKey(let table):
      """
      Table “\(table)” cannot be tracked: it has no primary key, so its rows have no name that \
      replicas could agree on. Rebuild it with a PRIMARY KEY, or leave it out.
      """
    case .notTrackable(let table, let why):
      "Table “\(table)” cannot be tracked: it is \(why). Name only ordinary tables."
    case .nothingToTrack:
      """
      No table can be tracked: the database has no ordinary table with a primary key. \
      Add one, or choose another database.
      """
    case .tooLarge(let what, let limit):
      "The schema cannot be tracked: \(what) exceeds the limit of \(limit). Track fewer tables."
    }
  }
}
