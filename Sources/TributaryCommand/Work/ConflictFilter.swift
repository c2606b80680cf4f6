internal import ArgumentParser
internal import Clocks
internal import Deltas

/// Which entries of the ledger are meant.
struct ConflictFilter: ParsableArguments {
  @Flag(help: "Only those that wait for a person.")
  var open = false
  @Option(help: "Only those of this table.")
  var table: String?
  @Option(help: "Only those of this column.")
  var column: String?
  // Whatever comes next is the key: a negative number too.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Only those of the row with this key.", valueName: "key"))
  var key: String?
  @Option(help: ArgumentHelp("Only those in which this branch has a part.", valueName: "branch"))
  var branch: String?
  @Option(help: ArgumentHelp("Only those that this rule decided.", valueName: "rule"))
  var rule: String?
  @Option(help: ArgumentHelp("At most so many, the newest.", valueName: "count"))
  var limit: Int?

  func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
    if table == nil, column != nil || key != nil {
      throw ValidationError("--column and --key need --table.")
    }
  }

  /// The ledger's entries that pass, in its order.
  func selected(_ ledger: LedgerReport, undone: String) throws -> [Conflict] {
    let wanted = try table.map { try ledger.schema.table(called: $0, undone: undone) }
    let rowKey = try key.flatMap { key in
      try wanted.map { try KeyArgument.read(key, for: $0) }
    }
    let columnID = try column.flatMap { name in
      try wanted.map { try $0.column(called: name, undone: undone).id }
    }
    let passing = ledger.conflicts.filter { conflict in
      (!open || conflict.state == .open)
        && (wanted == nil || conflict.key.table == wanted?.id)
        && (rowKey == nil || conflict.key == rowKey)
        && (columnID.map { !conflict.isOfRow && conflict.columns.contains($0) } ?? true)
        && (rule == nil || conflict.rule == rule)
        && (branch == nil
          || conflict.values.contains { ledger.names[$0.dot.replica] == branch })
    }
    return limit.map { Array(passing.prefix($0)) } ?? passing
  }
}
