internal import Deltas

/// What the journal says about one row.
struct JournalGroup {
  private(set) var isInserted = false
  private(set) var isDeleted = false
  private(set) var hasDeletion = false
  /// Whether it was inserted at a time at which the journal knows it to be there.
  private(set) var isReplacedUnseen = false
  /// When the row was last written.
  private(set) var lastWall = Int64.min
  /// When the row went, if it is not there: what was noted of it last was its deletion, or that
  /// it was in the way of another. Clocks jump: the time before may be later.
  private(set) var deletionWall = Int64.min
  /// By column number: when it was last updated. Valid for the columns in `touched`.
  private(set) var walls: [Int64]
  var touched: [ColumnID] = []
  /// What an insertion would change of the row if it comes next; nil if none is about to.
  private var replacement: Replacement?
  /// By column number, of those that count; empty if none does.
  private var starts: [CellStart] = []
  private var isCounted: [Bool] = []
  private let known: Set<ColumnID>

  private struct Replacement {
    /// What a statement's triggers write all has one time.
    let wall: Int64
    var columns: [ColumnID] = []
    var counted: [(column: ColumnID, was: Value, became: Value)] = []
  }

  init(_ table: TrackedTable) {
    known = Set(table.valueColumns)
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
    isReplacedUnseen = false
    lastWall = .min
    deletionWall = .min
    replacement = nil
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
    if change <= BranchSQL.changeReplace { return announce(change, wall: wall) }
    if change == BranchSQL.changeInsert {
      let found = replacement
      replacement = nil
      if let found, found.wall == wall { return replace(found, wall: wall) }
      noteReplaced(wall: wall)
    } else if change <= BranchSQL.changeDelete {
      // It is gone, or may be: what comes next is no replacement of what was there.
      replacement = nil
    }
    note(change: change, wall: wall)
  }

  /// Of one statement the application's triggers may have been captured before the insertion.
  private mutating func noteReplaced(wall: Int64) {
    guard !isDeleted, isInserted || !touched.isEmpty, lastWall != wall else { return }
    isReplacedUnseen = true
  }

  private mutating func announce(_ change: Int64, wall: Int64) {
    switch BranchSQL.Replaced(change) {
    case .columns(let group, let columns):
      if group == 0 { replacement = Replacement(wall: wall) }
      replacement?.columns += columns.filter { known.contains($0) }
    case .counted(let column):
      if known.contains(column) { replacement?.columns.append(column) }
    case nil: break
    }
  }

  /// A row that was there was written anew. One that was made since the last seal, or deleted,
  /// goes whole all the same.
  private mutating func replace(_ found: Replacement, wall: Int64) {
    guard !isInserted, !isDeleted else {
      if isDeleted || !found.columns.isEmpty { note(change: BranchSQL.changeInsert, wall: wall) }
      return
    }
    deletionWall = wall
    lastWall = wall
    for column in found.columns { touch(column, wall: wall) }
    for cell in found.counted {
      starts[Int(cell.column.rawValue)].take(was: cell.was, became: cell.became)
    }
  }

  private mutating func touch(_ column: ColumnID, wall: Int64) {
    if walls[Int(column.rawValue)] == .min { touched.append(column) }
    walls[Int(column.rawValue)] = wall
  }

  private mutating func note(change: Int64, wall: Int64) {
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
      touch(ColumnID(UInt16(column)), wall: wall)
    }
  }

  /// Whether an entry says what its cell was and became.
  func isCounted(_ change: Int64) -> Bool {
    guard let column = Self.column(of: change).map({ Int($0.rawValue) }) else { return false }
    return column < isCounted.count && isCounted[column]
  }

  /// Takes what the cell of an entry that is counted was and became.
  mutating func take(change: Int64, was: Value, became: Value) {
    guard let column = Self.column(of: change) else { return }
    if change < BranchSQL.changeReplace {
      replacement?.counted.append((column, was, became))
    } else {
      starts[Int(column.rawValue)].take(was: was, became: became)
    }
  }

  /// The column that counts of which an entry may say what it was.
  private static func column(of change: Int64) -> ColumnID? {
    if case .counted(let column) = BranchSQL.Replaced(change) { return column }
    return UInt16(exactly: change - BranchSQL.changeUpdateBase).flatMap { number in
      number > 0 ? ColumnID(number) : nil
    }
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
