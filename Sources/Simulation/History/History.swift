package import Basics
package import Clocks
package import Deltas

/// What programs have done, each with what stood before its eyes.
///
/// It knows nothing of positions and generations, and so stays right when disks are put back, when
/// machines are copied, and when the hub begins anew: whoever overwrote a value that stood in its
/// tables knew it. Every written value is one of its kind, so that a value names its write.
package struct History: Sendable {
  package struct Write: Hashable, Sendable {
    package var machine: MachineID
    package var key: RowKey
    package var kind: ChangeKind
    /// What it wrote; nothing for a deletion.
    package var values: [ColumnID: Value]
    /// Of each column that it wrote or deleted, the writes that its machine knew then: they had
    /// stood in its tables, or in its ledger.
    package var replaced: [ColumnID: Set<Int>]
    package var milliseconds: Int64
    /// Whether its table had the triggers that capture it.
    package var isCaptured = true
  }

  /// What a machine can still tell the others.
  package struct Holdings: Hashable, Sendable {
    /// Writes that were made here.
    package var made: Set<Int> = []
    /// Writes that came from the hub.
    package var received: Set<Int> = []
    /// Of those, the ones that came as rows of a whole state: it has them as long as they stand.
    package var rowsOnly: Set<Int> = []
    /// Names of the log's entries that it was told, on whichever timeline.
    package var places: Set<CausalContext> = []
    /// The last value that stood in each cell.
    package var seen: [Cell: Int] = [:]
    /// Every value of each cell that stood, or was in the ledger.
    package var known: [Cell: Set<Int>] = [:]

    package var all: Set<Int> { made.union(received) }
  }

  /// What the hub's log holds at one position.
  package struct LogEntry: Hashable, Sendable {
    package var dot: Dot
    package var contentHash: ContentHash
    package var writes: Set<Int>
  }

  package struct Cell: Hashable, Sendable {
    package var key: RowKey
    package var column: ColumnID
  }

  private struct CellValue: Hashable, Sendable {
    var cell: Cell
    var value: Value
  }

  package let schema: Schema
  package private(set) var writes: [Write] = []
  package var holdings: [MachineID: Holdings] = [:]
  package var log: [LogEntry] = []
  /// Every name under which a content was ever logged.
  package private(set) var names: [ContentHash: Set<Dot>] = [:]
  /// The writes that each content ever logged carries.
  package private(set) var contents: [ContentHash: Set<Int>] = [:]
  /// Writes that the hub has had in its log at some time.
  package private(set) var acknowledged: Set<Int> = []
  /// Writes of which no intact copy need exist any more.
  package var excused: Set<Int> = []
  /// Rows that an older copy inserted again when the hub had let go of their deletion: what was
  /// written below this index replaces nothing in them any more.
  private(set) var insertedAgain: [RowKey: Int] = [:]
  /// Uncaptured writes to rows that were deleted, and came in again before anybody could tell.
  var overtaken: Set<Int> = []
  package private(set) var violations: [Violation] = []
  private(set) var deletions: [RowKey: [Int]] = [:]
  /// The write that a value is from.
  ///
  /// Nil where it names nobody: a trigger has made the same value twice, or it was there before a
  /// branch joined.
  private var authors: [CellValue: Int?] = [:]
  /// All who have written a value.
  private var writers: [CellValue: [Int]] = [:]

  init(schema: Schema) { self.schema = schema }

  mutating func complain(_ checker: String, _ sentence: String) {
    guard violations.count < SimulationLimits.violationsMax else { return }
    violations.append(Violation(checker, sentence))
  }

  /// Rows of tables without values have nothing that could name a write.
  private func columns(_ key: RowKey) -> [ColumnID] { schema.table(key.table)?.valueColumns ?? [] }

  package func author(_ cell: Cell, _ value: Value) -> Int? {
    authors[CellValue(cell: cell, value: value)] ?? nil
  }

  /// Whether any program wrote a value, which may name nobody.
  func isWritten(_ value: Value, to cell: Cell) -> Bool {
    writers[CellValue(cell: cell, value: value)] != nil
  }

  // MARK: Writing

  /// Rows that are there before their branch joins: their values name no write, also where a
  /// program writes one of them later.
  mutating func noteBaseline(_ rows: [WorldWrite]) {
    for row in rows {
      for (column, value) in row.values {
        let cell = Cell(key: row.key, column: column)
        authors.updateValue(nil, forKey: CellValue(cell: cell, value: value))
      }
    }
  }

  /// Records a committed transaction.
  mutating func commit(_ committed: [WorldWrite], at machine: MachineID) {
    for write in committed {
      var replaced: [ColumnID: Set<Int>] = [:]
      for column in columns(write.key)
      where write.kind == .delete || write.values[column] != nil {
        replaced[column] = holdings[machine]?.known[Cell(key: write.key, column: column)]
      }
      for (column, value) in zip(columns(write.key), write.before ?? []) {
        guard let author = author(Cell(key: write.key, column: column), value) else { continue }
        if write.kind == .delete || write.values[column] != nil {
          replaced[column, default: []].insert(author)
        }
      }
      let index = writes.count
      writes.append(
        Write(
          machine: machine, key: write.key, kind: write.kind, values: write.values,
          replaced: replaced, milliseconds: write.wallMilliseconds,
          isCaptured: write.isCaptured))
      for (column, value) in write.values {
        let cell = Cell(key: write.key, column: column)
        let written = CellValue(cell: cell, value: value)
        authors.updateValue(authors[written] == nil ? index : nil, forKey: written)
        writers[written, default: []].append(index)
        holdings[machine]?.seen[cell] = index
        holdings[machine]?.known[cell, default: []].insert(index)
      }
      if write.kind == .delete { deletions[write.key, default: []].append(index) }
      holdings[machine, default: Holdings()].made.insert(index)
    }
  }

  /// A machine has writes of its own that it did not seem to have: they were in an image of it.
  mutating func hold(_ found: Range<Int>, at machine: MachineID) {
    for index in found {
      for column in writes[index].values.keys {
        let cell = Cell(key: writes[index].key, column: column)
        holdings[machine]?.seen[cell] = index
        holdings[machine]?.known[cell, default: []].insert(index)
      }
      holdings[machine, default: Holdings()].made.insert(index)
    }
  }

  mutating func noteInsertedAgain(_ key: RowKey) { insertedAgain[key] = writes.count }

  // MARK: What goes round

  /// The writes whose values a logged changeset carries that the machines of its author made.
  func writes(in changes: [RowChange], of machines: [MachineID]) -> Set<Int> {
    var result: Set<Int> = []
    for change in changes {
      if change.kind == .delete { result.formUnion(deletions(in: change, of: machines)) }
      for (column, value) in zip(change.columns, change.values) {
        let cell = Cell(key: change.key, column: column)
        result.formUnion(writers(of: CellValue(cell: cell, value: value), change))
      }
    }
    return result
  }

  /// Of several who wrote the same value, the one that the change's time is from.
  private func writers(of written: CellValue, _ change: RowChange) -> [Int] {
    if let author = author(written.cell, written.value) { return [author] }
    return (writers[written] ?? []).filter { isTimely(writes[$0], change) }
  }

  /// SQLite may round the time.
  private func isTimely(_ write: Write, _ change: RowChange) -> Bool {
    abs(write.milliseconds - change.milliseconds) <= 1
  }

  /// A deletion carries no value: it is known by its time.
  ///
  /// One that was not captured is found later, when rows are compared, and has the time of that.
  private func deletions(in change: RowChange, of machines: [MachineID]) -> Set<Int> {
    let timely = (deletions[change.key] ?? []).filter { isTimely(writes[$0], change) }
    guard timely.isEmpty else { return Set(timely) }
    let last = machines.compactMap { machine in
      holdings[machine]?.made.filter { writes[$0].key == change.key }.max()
    }
    return Set(last.filter { writes[$0].kind == .delete })
  }

  mutating func logged(_ entry: LogEntry) {
    if let other = log.first(where: { $0.contentHash == entry.contentHash }) {
      complain("Identity", "\(entry.dot) is in the log twice, the first time as \(other.dot).")
    }
    if let other = log.first(where: { $0.dot == entry.dot }) {
      complain(
        "Identity",
        "The log has two contents under \(entry.dot): \(other.contentHash) and"
          + " \(entry.contentHash).")
    }
    log.append(entry)
    names[entry.contentHash, default: []].insert(entry.dot)
    contents[entry.contentHash] = entry.writes
    acknowledged.formUnion(entry.writes)
  }

  /// A machine has taken in entries that a hub's log has, or had.
  mutating func integrated(_ entries: ArraySlice<LogEntry>, at machine: MachineID) {
    for entry in entries {
      holdings[machine, default: Holdings()].received.formUnion(entry.writes)
      holdings[machine]?.rowsOnly.subtract(entry.writes)
    }
  }

  /// A machine has taken in the rows as they stood after entries, and the open conflicts, and knows
  /// nothing of what led to them.
  mutating func integrated(
    _ rows: Rows, and ledger: Ledger, after entries: ArraySlice<LogEntry>, at machine: MachineID
  ) {
    var received: Set<Int> = []
    for (key, row) in rows {
      for (column, value) in zip(columns(key), row) {
        if let author = author(Cell(key: key, column: column), value) { received.insert(author) }
      }
    }
    for (cell, values) in ledger.values {
      received.formUnion(values.compactMap { author(cell, $0) })
    }
    let held = holdings[machine]?.received ?? []
    holdings[machine, default: Holdings()].rowsOnly.formUnion(received.subtracting(held))
    holdings[machine]?.received.formUnion(received)
    overlook(entries, at: machine)
  }

  /// Who has the rows as they stand has in view that nothing else stands: who writes one next
  /// replaces whatever led to it. Rows with writes that the hub does not have wait.
  private mutating func overlook(_ entries: ArraySlice<LogEntry>, at machine: MachineID) {
    let made = holdings[machine]?.made ?? []
    let waiting = Set(made.subtracting(acknowledged).map { writes[$0].key })
    for index in entries.reduce(into: Set<Int>(), { $0.formUnion($1.writes) })
    where !waiting.contains(writes[index].key) {
      for column in writes[index].values.keys {
        let cell = Cell(key: writes[index].key, column: column)
        holdings[machine]?.known[cell, default: []].insert(index)
      }
    }
  }

  /// What came with a whole state, and was replaced by a hub that knew it, is the hub's alone.
  private mutating func letGo(of rows: Rows, at machine: MachineID) {
    guard let rowsOnly = holdings[machine]?.rowsOnly, !rowsOnly.isEmpty else { return }
    let logged = log.reduce(into: Set<Int>()) { $0.formUnion($1.writes) }
    for index in rowsOnly.intersection(logged) {
      let write = writes[index]
      let row = rows[write.key] ?? []
      let stands = zip(columns(write.key), row).contains { write.values[$0] == $1 }
      guard !stands else { continue }
      holdings[machine]?.rowsOnly.remove(index)
      holdings[machine]?.received.remove(index)
    }
  }

  /// Looks at a machine's tables after something came in: no cell goes back to what its last value
  /// had replaced, unless a ledger has the cell, or will have it.
  mutating func look(at rows: Rows, and ledger: Ledger, of machine: MachineID) {
    var seen = holdings[machine]?.seen ?? [:]
    var findings: [String] = []
    for (cell, values) in ledger.values {
      let authors = values.compactMap { author(cell, $0) }
      holdings[machine]?.known[cell, default: []].formUnion(authors)
    }
    for (key, row) in rows {
      for (column, value) in zip(columns(key), row) {
        let cell = Cell(key: key, column: column)
        guard let author = author(cell, value) else { continue }
        if let last = seen[cell], last != author,
          writes[last].replaced[column]?.contains(author) ?? false, !ledger.has(cell),
          !isForgotten(last)
        {
          findings.append(
            "\(machine) showed \(schema.name(column, of: key)) as"
              + " \(shown(last, column)), and now shows \(value.shown) again, which that had"
              + " replaced.")
        }
        seen[cell] = author
        holdings[machine]?.known[cell, default: []].insert(author)
      }
    }
    holdings[machine, default: Holdings()].seen = seen
    letGo(of: rows, at: machine)
    // Rows come in no order, and two runs must say the same.
    for finding in findings.sorted() { complain("MonotonicReads", finding) }
  }

  func shown(_ write: Int, _ column: ColumnID) -> String {
    writes[write].values[column]?.shown ?? writes[write].kind.shown
  }

  // MARK: What is gone

  /// The writes that someone intact can still know.
  package var surviving: Set<Int> {
    var result: Set<Int> = []
    for entry in log { result.formUnion(entry.writes) }
    for held in holdings.values { result.formUnion(held.all) }
    return result.subtracting(excused)
  }
}

/// A machine of the simulated world, which keeps its number whatever its database is called.
package struct MachineID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let number: Int
  package init(_ number: Int) { self.number = number }
  package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
  package var description: String { "m\(number)" }
}
