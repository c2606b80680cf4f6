internal import Deltas

/// What the journal says about one row.
struct JournalGroup {
  private(set) var isInserted = false
  private(set) var isDeleted = false
  private(set) var hasDeletion = false
  /// When the row was last written.
  private(set) var lastWall = Int64.min
  /// When the row went, if it is not there: what was noted of it last was its deletion, or that
  /// it was in the way of another. Clocks jump: the time before may be later.
  private(set) var deletionWall = Int64.min
  /// By column number: when it was last updated. Valid for the columns in `touched`.
  private(set) var walls: [Int64]
  var touched: [ColumnID] = []
  /// By column number, of those that count; empty if none does.
  private var starts: [CellStart] = []
  private var isCounted: [Bool] = []

  init(_ table: TrackedTable) {
    let columnCount = Int(table.schema.columns.map(\.id.rawValue).max() ?? 0)
    walls = [Int64](repeating: .min, count: columnCount + 1)
    guard table.isCounting else { return }
    starts = [CellStart](repeating: CellStart(), count: columnCount + 1)
    isCounted = [Bool](repeating: false, count: columnCount + 1)
    for column in table.counted { isCounted[Int(column.rawValue)] = true }
  }

  mutating func reset() {
    isInserted = false
    isDeleted = false
    hasDeletion = false
    lastWall = .min
    deletionWall = .min
    forgetUpdates()
  }

  private mutating func forgetUpdates() {
    for column in touched {
      walls[Int(column.rawValue)] = .min
      if !starts.isEmpty { starts[Int(column.rawValue)].reset() }
    }
    touched.removeAll(keepingCapacity: true)
  }

  mutating func take(change: Int64, wall: Int64) {
    deletionWall = wall
    if change != BranchSQL.changeLookAgain { lastWall = wall }
    switch change {
    case BranchSQL.changeLookAgain: hasDeletion = true
    case BranchSQL.changeDelete:
      isDeleted = true
      isInserted = false
      hasDeletion = true
      forgetUpdates()
    case BranchSQL.changeInsert:
      isDeleted = false
      isInserted = true
      forgetUpdates()
    default:
      let column = Int(change - BranchSQL.changeUpdateBase)
      guard column > 0, column < walls.count else { return }
      if walls[column] == .min { touched.append(ColumnID(UInt16(column))) }
      walls[column] = wall
    }
  }

  /// Whether an entry says what its cell was and became.
  func isCounted(_ change: Int64) -> Bool {
    let column = Int(change - BranchSQL.changeUpdateBase)
    return column > 0 && column < isCounted.count && isCounted[column]
  }

  /// Takes what the cell of an entry that is counted was and became.
  mutating func take(change: Int64, was: Value, became: Value) {
    starts[Int(change - BranchSQL.changeUpdateBase)].take(was: was, became: became)
  }

  /// Whether all entries of a counted column say what was there before.
  func knowsStart(of column: ColumnID) -> Bool { !starts[Int(column.rawValue)].isUnknown }

  /// What a counted column held before it was written; nil if that is what it holds.
  func start(of column: ColumnID) -> Value? { starts[Int(column.rawValue)].value }

  /// Makes a unit of which a column was written whole: all its columns have the latest of the
  /// times.
  mutating func complete(_ unit: [ColumnID]) {
    let latest = unit.reduce(Int64.min) { max($0, walls[Int($1.rawValue)]) }
    guard latest > .min else { return }
    for column in unit {
      if walls[Int(column.rawValue)] == .min { touched.append(column) }
      walls[Int(column.rawValue)] = latest
    }
  }
}
