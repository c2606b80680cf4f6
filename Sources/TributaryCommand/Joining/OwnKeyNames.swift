internal import BranchStore
internal import Clocks
internal import Storage

/// What people say of a database's keys: whether all are its own, or only the numbers that SQLite
/// gives from now on; columns that hold keys, and columns that only look so.
struct OwnKeyNames {
  let scope: OwnKeys.Scope
  private var references: [OwnKeys.Column: String] = [:]
  private var plain: Set<OwnKeys.Column> = []

  /// Nil if one of them is not written as it is to be.
  init?(_ scope: OwnKeys.Scope, refers: [String], plain: [String]) {
    self.scope = scope
    for text in refers {
      let parts = text.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[1].isEmpty, let column = Self.column(String(parts[0])) else {
        return nil
      }
      references[column] = String(parts[1])
    }
    for text in plain {
      guard let column = Self.column(text) else { return nil }
      self.plain.insert(column)
    }
  }

  private static func column(_ text: String) -> OwnKeys.Column? {
    guard let dot = text.lastIndex(of: ".") else { return nil }
    let (table, column) = (text[..<dot], text[text.index(after: dot)...])
    guard !table.isEmpty, !column.isEmpty else { return nil }
    return OwnKeys.Column(String(table), String(column))
  }

  /// As the keys of a replica; nil if there are no more.
  func keys(of replica: ReplicaID) -> OwnKeys? {
    KeySpace(replica: replica.rawValue).map {
      OwnKeys(scope, space: $0, references: references, plain: plain)
    }
  }
}
