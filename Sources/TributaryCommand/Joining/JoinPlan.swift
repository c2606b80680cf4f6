internal import Agent
internal import Deltas
internal import Storage

/// What joining would do, found by looking only.
struct JoinPlan {
  let schema: Schema
  /// Empty for a new file.
  let tables: [TableComparison]
  let untracked: [JoinTarget.UntrackedTable]
  let comparison: BranchComparison?
  let target: JoinTarget
  /// The file's data version before it was compared.
  let version: Int64?
  let treatsEqualKeysAsSame: Bool
  /// Whether no row here is one of the hub's.
  let hasOwnKeys: Bool

  init(
    schema: Schema, tables: [TableComparison], untracked: [JoinTarget.UntrackedTable],
    comparison: BranchComparison?, target: JoinTarget, version: Int64?,
    treatsEqualKeysAsSame: Bool, hasOwnKeys: Bool
  ) {
    self.schema = schema
    self.untracked = untracked
    self.comparison = comparison
    self.target = target
    self.version = version
    self.treatsEqualKeysAsSame = treatsEqualKeysAsSame
    self.hasOwnKeys = hasOwnKeys
    self.tables = hasOwnKeys ? tables.map(Self.apart) : tables
  }

  /// As many rows as were found, all of them other records than the hub's.
  private static func apart(_ found: TableComparison) -> TableComparison {
    var result = TableComparison(table: found.table)
    result.rowsHere = found.rowsHere
    result.rowsAtHub = found.rowsAtHub
    result.onlyHereCount = found.rowsHere
    result.onlyAtHubCount = found.rowsAtHub
    return result
  }

  /// Keys that are named when rows clash, for each table.
  static let keysNamedMax = 10

  var clashCount: Int { tables.reduce(0) { $0 + $1.differentCount } }

  var wouldJoin: Bool { clashCount == 0 || treatsEqualKeysAsSame }

  /// Which rows the hub is known to have, for the transaction that attaches the file.
  ///
  /// If a program wrote to the file after the comparison began, none: then all rows are sent, and
  /// those that the hub has already add nothing there. The first question is asked under the write
  /// lock, so the answer holds until the transaction ends.
  func known() -> ((TableID, [UInt8]) -> Bool)? {
    guard !hasOwnKeys, let comparison, let database = target.database, let version else {
      return nil
    }
    var isUnchanged: Bool?
    return { table, key in
      let holds = isUnchanged ?? ((try? database.dataVersion()) == version)
      isUnchanged = holds
      return holds && comparison.isKnown(table, key: key)
    }
  }

  /// The first clashing keys of a table.
  func clashingKeys(_ table: TableComparison) -> [RowKey] {
    table.differences.lazy
      .filter { if case .different = $0.kind { true } else { false } }
      .prefix(Self.keysNamedMax).map(\.key)
  }

  /// “customer: 17, 18, 19 and 4 more”, for each table that has clashes.
  var clashes: [String] {
    tables.filter { $0.differentCount > 0 }.map { table in
      let keys = clashingKeys(table)
      let named = keys.map { ValueText.escaped(KeyArgument.text($0.values)) }
        .joined(separator: ", ")
      let rest = table.differentCount - keys.count
      return "\(table.table.name): \(named)"
        + (rest > 0 ? " and \(NumberText.grouped(rest)) more" : "")
    }
  }

  func failure(undone: String) -> CommandFailure {
    CommandFailure(
      .keysClash, undone: undone,
      why: "\(NumberText.counted(clashCount, "row")) here \(clashCount == 1 ? "has" : "have")"
        + " the hub’s keys but other contents.\n" + clashes.joined(separator: "\n"),
      next: "Nothing was changed, and the token is still good. If equal keys are the same record,"
        + " join again with --keys same: the hub’s contents then stand, and this database’s are"
        + " kept in the ledger. If they are other records, join again with --keys own.")
  }

  // MARK: A rehearsal's report

  var json: JSONValue {
    [
      "wouldJoin": .bool(wouldJoin),
      "makesFile": .bool(target.isNew),
      "tables": .array(schema.tables.map(json)),
      "skipped": .array(untracked.map { ["table": .string($0.name), "why": .string($0.why)] }),
    ]
  }

  private func json(_ table: TableSchema) -> JSONValue {
    let found = tables.first { $0.table.id == table.id } ?? TableComparison(table: table)
    return [
      "name": .string(table.name), "rowsHere": .count(found.rowsHere),
      "rowsAtHub": .count(found.rowsAtHub), "identical": .count(found.identicalCount),
      "onlyHere": .count(found.onlyHereCount), "onlyAtHub": .count(found.onlyAtHubCount),
      "clashing": .count(found.differentCount),
      "clashingKeys": .array(clashingKeys(found).map { KeyArgument.json($0.values) }),
    ]
  }

  func lines(style: TextStyle) -> [String] {
    guard !target.isNew else {
      let names = schema.tables.map(\.name).joined(separator: ", ")
      return [
        "Nothing was changed. Joining would make \(target.path) with the hub’s tables (\(names))"
          + " and fill them from the hub."
      ]
    }
    var table = TextTable([
      .init("table"), .init("here", isNumber: true), .init("at the hub", isNumber: true),
      .init("identical", isNumber: true), .init("only here", isNumber: true),
      .init("clashing", isNumber: true),
    ])
    for found in tables {
      table.append(
        [ValueText.escaped(found.table.name)]
          + [
            found.rowsHere, found.rowsAtHub, found.identicalCount, found.onlyHereCount,
            found.differentCount,
          ].map(NumberText.grouped))
    }
    return ["Nothing was changed. Rows that joining \(target.path) would meet:", ""]
      + table.lines(style: style) + [""]
      + untracked.map { "Not synced: \($0.name); \($0.why)." } + [verdict]
  }

  private var verdict: String {
    guard !wouldJoin else {
      let sent = tables.reduce(0) { $0 + $1.onlyHereCount }
      let received = tables.reduce(0) { $0 + $1.onlyAtHubCount }
      return "Nothing stands in the way: \(NumberText.counted(sent + clashCount, "row")) would be"
        + " sent, \(NumberText.grouped(received)) received."
    }
    return "Joining would stop: \(NumberText.counted(clashCount, "row")) clash"
      + "\(clashCount == 1 ? "es" : "") with the hub’s. See --keys in `tributary help join`.\n"
      + clashes.map { "  " + $0 }.joined(separator: "\n")
  }
}
