internal import BranchStore
internal import Clocks
internal import Deltas
internal import HubStore
internal import Sessions

/// Where a row's values come from, for people and for scripts.
struct WhyReport {
  /// One standing value, or the row itself.
  struct Cell {
    var column: ColumnID?
    var dot: Dot
    var branch: String
    var position: LogPosition
    var milliseconds: Int64?
    var receivedMilliseconds: Int64
    var value: Value?

    init(_ cell: CellProvenance) {
      column = cell.column
      dot = cell.dot
      branch = cell.branch
      position = cell.position
      milliseconds = cell.milliseconds
      receivedMilliseconds = cell.receivedMilliseconds
      value = cell.value
    }

    init(_ cell: HubStore.Provenance) {
      column = cell.column
      dot = cell.dot
      branch = cell.branch
      position = cell.position
      milliseconds = cell.milliseconds
      receivedMilliseconds = cell.receivedMilliseconds
      value = cell.value
    }
  }

  let table: TableSchema
  /// By which everyone knows the row.
  var key: RowKey
  /// By which the people who ask know it.
  let shownKey: RowKey
  /// Only this one was asked for.
  let column: ColumnID?
  var exists = false
  var cells: [Cell] = []
  var conflicts: [Conflict] = []
  var names: [ReplicaID: String] = [:]
  var quarantineReason: String?
  // At a branch:
  /// The branch that was asked; nil at the hub.
  var branch: String?
  var valuesHere: [ColumnID: Value] = [:]
  var pending: [RowProgress] = []
  /// Whether changes from the hub wait for this branch's own to be confirmed.
  var isWaiting = false
  /// How far the row's last change has got; nil if nobody could be asked.
  var trace: TraceResponse?
  /// The number under which everyone knows the branch that was asked.
  var replica: ReplicaID?
  /// Why the hub could not be asked.
  var failure: CommandFailure?

  var status: ExitStatus { failure?.status ?? .done }

  var shownCells: [Cell] {
    guard let column else { return cells }
    let own = cells.filter { $0.column == column }
    // A key column, or a row that is deleted: what is known is of the whole row.
    return own.isEmpty ? cells.filter { $0.column == nil } : own
  }

  var shownConflicts: [Conflict] {
    guard let column else { return conflicts }
    return conflicts.filter { $0.column == column || $0.column == nil }
  }

  func name(_ column: ColumnID?) -> String? {
    column.map { table.column($0)?.name ?? $0.description }
  }

  var ledger: LedgerReport {
    LedgerReport(
      conflicts: shownConflicts, schema: Schema(tables: [table], otherSQL: []), names: names)
  }
}
