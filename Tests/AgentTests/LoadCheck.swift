import Basics
import BranchStore
import Deltas
import Storage

@testable import HubStore

/// What holds once branches have synced until none has anything left, whatever their programs did
/// before. Each check returns what is wrong, as sentences.
struct LoadCheck {
  let world: AgentWorld

  // MARK: Branches

  /// All is sent, each row that waits says why, and but for these very rows a branch has the bytes
  /// that the hub has.
  func unsettled(_ branch: AgentBranch) throws -> [String] {
    let name = branch.store.identity.branch
    var result: [String] = []
    if try !branch.store.outbox().isEmpty { result.append("\(name) has something to send") }
    if try !branch.store.gaps().isEmpty { result.append("\(name) has something to compare") }
    let waiting = try branch.store.deferredRows()
    for row in waiting where row.reason?.isEmpty ?? true {
      result.append("\(name): \(row.key) waits without a reason")
    }
    let excused = Set(waiting.map(\.key))
    for row in try differing(branch) where !excused.contains(row) {
      result.append("\(name): \(row) differs from the hub's")
    }
    return result
  }

  /// The rows that a branch lacks, has beyond the hub's, or has otherwise.
  func differing(_ branch: AgentBranch) throws -> [RowKey] {
    try world.hubStore.schema.tables.flatMap { table in
      let own = try rows(
        of: table, branch.store.keyColumns(of: table.id), in: branch.application)
      let theirs = try rows(of: table, nil, in: world.hubStore.database)
      return try Set(own.keys).union(theirs.keys)
        .filter { own[$0] != theirs[$0] }
        .map { try RowKey(table: table.id, encoded: $0) }
        .sorted { $0.encoded.lexicographicallyPrecedes($1.encoded) }
    }
  }

  private func rows(
    of table: TableSchema, _ keys: KeyColumns?, in database: Database
  ) throws -> [[UInt8]: RowDigest] {
    let rows = try TableDigests.rows(
      of: table, bits: 0, buckets: [0], atMost: .max, keys: keys, in: database)
    return Dictionary(uniqueKeysWithValues: (rows ?? []).map { ($0.key, $0.digest) })
  }

  // MARK: References

  /// The hub's rows whose foreign keys lead nowhere by SQLite's own account are those that its list
  /// has, one by one.
  func unlistedOrphans() throws -> [String] {
    let database = world.hubStore.database
    let schema = world.hubStore.schema
    var found: [String: Int] = [:]
    for row in try database.rows("PRAGMA foreign_key_check") {
      guard let table = schema.tables.first(where: { $0.name == row[0].text }),
        case .integer(let number) = row[3]
      else { return ["a reference of a table that is not synced leads nowhere"] }
      let columns = try database.rows("PRAGMA foreign_key_list([\(table.name)])")
        .filter { $0[0] == .integer(number) }.map { $0[3].text }
      // A table without row numbers does not say which of its rows.
      var key: [Value]?
      if row[1] != .null {
        let names = table.keyColumns.compactMap { table.column($0) }.map { "[\($0.name)]" }
        key = try database.firstRow(
          "SELECT \(names.joined(separator: ", ")) FROM [\(table.name)] WHERE rowid = ?1",
          [row[1]])
      }
      found["\(table.name) \(key ?? []) \(columns)", default: 0] += 1
    }
    for orphan in try world.hubStore.orphans() {
      guard let table = schema.table(orphan.key.table) else { continue }
      let columns = orphan.columns.compactMap { table.column($0)?.name }
      let isNumbered = try database.integer(
        """
        SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND name = ?1 AND wr = 0
        """, [.text(Array(table.name.utf8))])
      let key = isNumbered == 1 ? orphan.key.values : []
      found["\(table.name) \(key) \(columns)", default: 0] -= 1
    }
    return found.filter { $0.value != 0 }.keys.sorted().map { name in
      found[name, default: 0] > 0
        ? "\(name) leads nowhere and is not listed" : "\(name) is listed and leads somewhere"
    }
  }

  // MARK: What was written

  /// The words that a program wrote and that are nowhere: not visible at the hub, not taken away by
  /// a program that had them before its eyes, not in quarantine, not in the ledger.
  func lost(_ programs: [LoadedProgram]) throws -> [String] {
    var kept: Set<Substring> = []
    func keep(_ values: [Value]) {
      for value in values { kept.formUnion(LoadedProgram.words(in: value.spelling)) }
    }
    for table in world.hubStore.schema.tables {
      for row in try world.hubStore.database.rows("SELECT * FROM [\(table.name)]") { keep(row) }
    }
    for row in try world.hubStore.quarantinedRows(atMost: .max) {
      keep(row.values + row.key.values)
    }
    for conflict in try world.hubStore.conflicts(openOnly: false) {
      for side in conflict.sides { keep((side.values ?? []) + conflict.key.values) }
    }
    var written: Set<Substring> = []
    for program in programs {
      let noted = try program.notedWords()
      written.formUnion(noted.written)
      kept.formUnion(noted.gone)
    }
    return written.subtracting(kept).sorted().map { "\($0) is nowhere" }
  }
}

extension Value {
  /// A text as it is, a number as SQLite writes it.
  fileprivate var spelling: String {
    switch self {
    case .text(let bytes), .blob(let bytes): String(decoding: bytes, as: UTF8.self)
    case .integer(let number): "\(number)"
    case .real(let bits): "\(Double(bitPattern: bits))"
    case .null: ""
    }
  }
}
