internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// A branch's program, as it was before there was any syncing: a plain connection, plain SQL.
///
/// It looks at its own rows before and after each statement and so tells the world what it did.
final class Application {
  private let replica: ReplicaID
  private let schema: Schema
  private let database: Database
  private let plan: SimulationPlan
  private let rowReader: RowReader
  /// The last transaction that came to its end, if its commit was refused. Whether it is in the
  /// file shows after a power loss.
  private(set) var attempt: Attempt?
  /// What the current transaction did.
  private var writes: [WorldWrite] = []
  /// The tables as the program has them before its eyes, inside its transaction.
  private var view: Rows = [:]
  private var wallMilliseconds: Int64 = 0

  init(_ replica: ReplicaID, path: String, schema: Schema, plan: SimulationPlan) throws {
    self.replica = replica
    self.schema = schema
    self.plan = plan
    rowReader = RowReader(schema)
    // One thread: whoever is in the way stays there, and waiting would not help.
    database = try Database(path: path, mode: .create, busyTimeoutMilliseconds: 0)
    // EXTRA: a commit is durable with a rollback journal, too.
    try database.executeScript(
      "PRAGMA journal_mode = \(plan.usesWriteAheadLog ? "WAL" : "DELETE");"
        + "PRAGMA synchronous = EXTRA")
    if plan.references != nil { try database.executeScript("PRAGMA foreign_keys = ON") }
  }

  /// A transaction that may be in the file, or not.
  struct Attempt: Hashable {
    var writes: [WorldWrite]
    /// The rows it touched, as it left them; an empty optional where it left none.
    var rows: [RowKey: [Value]?]
    /// Where the journals ended with it, if it left all rows as they had been: nothing else shows
    /// then whether it is in the file.
    var journalEnds: [Value]?
  }

  /// Numbers that make every written value one of its kind.
  struct Numbers {
    private var last: Int64

    init(after last: Int64 = 0) { self.last = last }

    mutating func next() -> Int64 {
      last += 1
      return last
    }
  }

  /// One transaction of one to four statements.
  ///
  /// `besides` does what the world needs not know of, in the same transaction.
  func transact(
    wallMilliseconds: Int64, _ generator: inout SeededGenerator, _ numbers: inout Numbers,
    besides: (Database) throws -> Void
  ) throws -> [WorldWrite] {
    writes = []
    attempt = nil
    self.wallMilliseconds = wallMilliseconds
    SQLiteClock.set(wallMilliseconds)
    try database.transaction {
      let before = try rowReader.rowsInTransaction(of: database)
      view = before
      if generator.chance(150) {
        try movePair(&generator, &numbers)
      } else {
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
          try allowingRefusal {
            try noting { try statement(&generator, &numbers) }
          }
        }
      }
      try besides(database)
      var rows: [RowKey: [Value]?] = [:]
      for write in writes { rows.updateValue(try row(write.key), forKey: write.key) }
      guard !writes.isEmpty else { return }
      attempt = Attempt(writes: writes, rows: rows)
      if rows.allSatisfy({ before[$0.key] == $0.value }) {
        attempt?.journalEnds = try rowReader.journalEnds(in: database)
      }
    }
    attempt = nil
    return writes
  }

  /// One transaction that the world needs not know of.
  func run(_ sql: String) throws {
    try database.transaction { try database.executeScript(sql) }
  }

  func looking<Result>(_ body: (Database) throws -> Result) throws -> Result {
    try body(database)
  }

  /// A statement that a constraint refuses is a statement that never was.
  private func allowingRefusal(_ statement: () throws -> Void) throws {
    let first = writes.count
    do {
      try statement()
    } catch StorageError.constraint {
      writes.removeLast(writes.count - first)
    }
  }

  /// The rows that a branch has before it joins.
  func fill(_ generator: inout SeededGenerator, _ numbers: inout Numbers) throws -> [WorldWrite] {
    writes = []
    wallMilliseconds = 0
    try database.executeScript(SimulatedSchema.everything(plan))
    // Numbers that two branches share: their first rows are alike.
    var shared = Numbers(after: 900_000)
    for table in schema.tables where table.name != SimulatedSchema.accountTable {
      for _ in 0..<3 {
        let key = freshKey(table, &generator)
        let isAlike = generator.chance(700)
        let number = isAlike ? 0 : numbers.next()
        if try row(key) == nil {
          try allowingRefusal {
            try insert(
              key, into: table, number: { isAlike ? shared.next() : number }, replacing: false)
          }
        }
      }
    }
    return writes
  }

  // MARK: Statements

  private func statement(_ generator: inout SeededGenerator, _ numbers: inout Numbers) throws {
    let tables = schema.tables.filter { $0.name != SimulatedSchema.accountTable }
    let table = tables[Int.random(in: 0..<tables.count, using: &generator)]
    let present = try rowReader.keys(of: table.id, in: database)
    var key = freshKey(table, &generator)
    if generator.chance(600), !present.isEmpty {
      key = present[Int.random(in: 0..<present.count, using: &generator)]
    }
    let isThere = try row(key) != nil
    switch (Int.random(in: 0..<10, using: &generator), isThere) {
    case (0...1, true): try delete(key, from: table)
    case (2, true):
      let kept = table.valueColumns.filter { _ in generator.chance(400) }
      try insert(key, into: table, number: { numbers.next() }, replacing: true, kept: kept)
    case (3, true): try move(key, to: freshKey(table, &generator), in: table)
    case (4, true): try writeNothingNew(key, in: table)
    case (_, true): try update(key, in: table, &generator, &numbers)
    case (_, false): try insert(key, into: table, number: { numbers.next() }, replacing: false)
    }
  }

  /// Keys are few, so that branches meet on them.
  private func freshKey(_ table: TableSchema, _ generator: inout SeededGenerator) -> RowKey {
    let values = table.keyColumns.map { column in
      var number = Int64.random(in: 1...Int64(plan.keyCount), using: &generator)
      if plan.hasHotRows, generator.chance(700) { number = 1 }
      return table.column(column)?.affinity == .text
        ? Value.text(["a", "a ", "B", "b", "ü", "z"][Int(number - 1) % 6]) : .integer(number)
    }
    // A two-column key needs fewer of each to be as crowded.
    guard values.count > 1 else { return RowKey(table: table.id, values: values) }
    return RowKey(
      table: table.id,
      values: [values[0], generator.chance(500) ? values[1] : Self.first(like: values[1])])
  }

  private static func first(like value: Value) -> Value {
    if case .text = value { return .text("a") }
    return .integer(1)
  }

  private func insert(
    _ key: RowKey, into table: TableSchema, number: () -> Int64, replacing: Bool,
    kept: [ColumnID] = []
  ) throws {
    let before = try row(key)
    let values = table.valueColumns.enumerated().map { index, column in
      if kept.contains(column), let before { return before[index] }
      return value(for: column, in: table, number: number())
    }
    let columns = (table.keyColumns + table.valueColumns).map { name($0, in: table) }
    let places = columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
    let verb = replacing ? "INSERT OR REPLACE" : "INSERT"
    try database.execute(
      "\(verb) INTO \(quoted(table.name)) (\(columns.joined(separator: ", "))) VALUES (\(places))",
      key.values + values)
    guard let before, try comparesReplacements(in: table) else {
      return try note(.insert, key, hadRow: before != nil, columns: table.valueColumns)
    }
    let after = try row(key)
    let written = table.valueColumns.enumerated().filter { before[$0.offset] != after?[$0.offset] }
    if !written.isEmpty { try note(.update, key, hadRow: true, columns: written.map(\.element)) }
  }

  /// Whether a replacement is an update of what it changes. Else it is taken for a new row.
  private func comparesReplacements(in table: TableSchema) throws -> Bool {
    let name = Value.text("tributary_\(table.id.rawValue)_o")
    return try database.firstRow("SELECT 1 FROM sqlite_schema WHERE name = ?1", [name]) != nil
  }

  private func update(
    _ key: RowKey, in table: TableSchema, _ generator: inout SeededGenerator,
    _ numbers: inout Numbers
  ) throws {
    guard let first = table.valueColumns.randomElement(using: &generator) else {
      return try delete(key, from: table)
    }
    var columns = [first]
    if generator.chance(300), let second = table.valueColumns.randomElement(using: &generator),
      second != first
    {
      columns = [first, second].sorted()
    }
    let isLarge = plan.hasLargeValues && generator.chance(50)
    let values = columns.map { column in
      isLarge && table.column(column)?.affinity == .blob
        ? largeValue(&generator) : value(for: column, in: table, number: numbers.next())
    }
    let before = try row(key)
    if generator.chance(200), before?.count == table.valueColumns.count {
      try upsert(key, table, columns, values)
    } else {
      let settings = columns.enumerated().map {
        "\(name($1, in: table)) = ?\(key.values.count + $0 + 1)"
      }
      try database.execute(
        "UPDATE \(quoted(table.name)) SET \(settings.joined(separator: ", "))"
          + " WHERE \(predicate(table))", key.values + values)
    }
    let after = try row(key)
    let written = columns.filter { column in
      guard let place = table.valueColumns.firstIndex(of: column) else { return false }
      return before?[place] != after?[place]
    }
    if !written.isEmpty { try note(.update, key, hadRow: true, columns: written) }
  }

  private func upsert(
    _ key: RowKey, _ table: TableSchema, _ columns: [ColumnID], _ values: [Value]
  ) throws {
    let all = (table.keyColumns + table.valueColumns).map { name($0, in: table) }
    let places = all.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
    let conflict = table.keyColumns.map { name($0, in: table) }.joined(separator: ", ")
    let settings = columns.map { "\(name($0, in: table)) = excluded.\(name($0, in: table))" }
    var row = [Value](repeating: .null, count: table.valueColumns.count)
    for (column, value) in zip(columns, values) {
      if let place = table.valueColumns.firstIndex(of: column) { row[place] = value }
    }
    try database.execute(
      "INSERT INTO \(quoted(table.name)) (\(all.joined(separator: ", "))) VALUES (\(places))"
        + " ON CONFLICT (\(conflict)) DO UPDATE SET \(settings.joined(separator: ", "))",
      key.values + row)
  }

  private func delete(_ key: RowKey, from table: TableSchema) throws {
    try database.execute("DELETE FROM \(quoted(table.name)) WHERE \(predicate(table))", key.values)
    try note(.delete, key, hadRow: true, columns: [])
  }

  /// Changes a row's key: for everybody else a deletion and an insertion.
  private func move(_ key: RowKey, to other: RowKey, in table: TableSchema) throws {
    guard key != other, try row(other) == nil else { return }
    let settings = table.keyColumns.enumerated().map {
      "\(name($1, in: table)) = ?\(key.values.count + $0 + 1)"
    }
    try database.execute(
      "UPDATE \(quoted(table.name)) SET \(settings.joined(separator: ", "))"
        + " WHERE \(predicate(table))", key.values + other.values)
    try note(.delete, key, hadRow: true, columns: [])
    try note(.insert, other, hadRow: false, columns: table.valueColumns)
  }

  private func writeNothingNew(_ key: RowKey, in table: TableSchema) throws {
    guard let column = table.valueColumns.first else { return }
    let name = name(column, in: table)
    try database.execute(
      "UPDATE \(quoted(table.name)) SET \(name) = \(name) WHERE \(predicate(table))", key.values)
  }

  /// Writes both accounts of a pair anew, so that they come to the same sum as before.
  private func movePair(_ generator: inout SeededGenerator, _ numbers: inout Numbers) throws {
    guard let table = schema.table(named: SimulatedSchema.accountTable) else { return }
    let pair = Int64.random(in: 0..<Int64(SimulatedSchema.pairCount), using: &generator)
    let balance = numbers.next()
    for (id, value) in [(2 * pair, balance), (2 * pair + 1, SimulatedSchema.pairSum - balance)] {
      let key = RowKey(table: table.id, values: [.integer(id)])
      let hadRow = try row(key) != nil
      try database.execute(
        """
        INSERT INTO account (id, balance) VALUES (?1, ?2)
        ON CONFLICT (id) DO UPDATE SET balance = excluded.balance
        """, [.integer(id), .integer(value)])
      try note(hadRow ? .update : .insert, key, hadRow: hadRow, columns: table.valueColumns)
    }
  }

  // MARK: Looking

  private func note(
    _ kind: ChangeKind, _ key: RowKey, hadRow: Bool, columns: [ColumnID]
  ) throws {
    var values: [ColumnID: Value] = [:]
    let after = kind == .delete ? nil : try row(key)
    if let after, let table = schema.table(key.table) {
      for (column, value) in zip(table.valueColumns, after) where columns.contains(column) {
        values[column] = value
      }
    }
    writes.append(
      WorldWrite(
        branch: replica, key: key, kind: kind, values: values, hadRow: hadRow, base: .start,
        wallMilliseconds: wallMilliseconds,
        isCaptured: try plan.captureGaps == 0 || isCaptured(key.table), before: view[key]))
    view[key] = after
  }

  private func isCaptured(_ id: TableID) throws -> Bool {
    try schema.table(id).map { try !captureTriggers(of: $0).isEmpty } ?? true
  }

  /// Runs a statement, and tells what its triggers have done besides, and what a replacement took
  /// out of its way.
  private func noting(_ statement: () throws -> Void) throws {
    guard plan.hasTriggers || plan.hasUniqueColumn else { return try statement() }
    let before = try rowReader.rowsInTransaction(of: database)
    let first = writes.count
    try statement()
    let after = try rowReader.rowsInTransaction(of: database)
    for key in Convergence.differences(before, after) {
      let written = writes[first...].lastIndex { $0.key == key }
      guard let row = after[key] else {
        if written == nil { try note(.delete, key, hadRow: true, columns: []) }
        continue
      }
      guard let old = before[key], let table = schema.table(key.table) else { continue }
      let changed = zip(table.valueColumns, zip(old, row)).filter { $0.1.0 != $0.1.1 }
      guard let written else {
        try note(.update, key, hadRow: true, columns: changed.map(\.0))
        continue
      }
      for (column, (_, value)) in changed where writes[written].kind == .update {
        writes[written].values[column] = value
      }
    }
    view = after
  }

  /// Drops the capture triggers of a table, as somebody does who rebuilds it.
  func dropTriggers(of table: TableSchema) throws {
    let triggers = try captureTriggers(of: table)
    try database.transaction {
      for trigger in triggers {
        try database.executeScript("DROP TRIGGER \(quoted(trigger))")
      }
    }
  }

  private func captureTriggers(of table: TableSchema) throws -> [String] {
    try database.rows(
      "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'tributary%'"
        + " AND tbl_name = ?1", [.text(Array(table.name.utf8))]
    ).map { $0[0].shown }
  }

  /// Places whose count of lines is not what there is.
  func wrongCounts() throws -> [String] {
    guard plan.hasTriggers else { return [] }
    return try database.rows(
      """
      SELECT line.place, count(*), lines FROM line LEFT JOIN line_count USING (place)
      GROUP BY line.place HAVING lines IS NOT count(*)
      UNION ALL SELECT place, 0, lines FROM line_count
      WHERE lines <> 0 AND place NOT IN (SELECT place FROM line)
      """
    ).map { "“\($0[0].shown)” has \($0[1].shown) lines, counted as \($0[2].shown)" }
  }

  private func row(_ key: RowKey) throws -> [Value]? { try rowReader.row(key, in: database) }

  private func name(_ column: ColumnID, in table: TableSchema) -> String {
    quoted(table.column(column)?.name ?? "")
  }

  private func predicate(_ table: TableSchema) -> String {
    table.keyColumns.enumerated().map { "\(name($1, in: table)) = ?\($0 + 1)" }
      .joined(separator: " AND ")
  }

  // MARK: Values

  /// A value of a kind that the column may hold, which no other write has.
  private func value(for column: ColumnID, in table: TableSchema, number: Int64) -> Value {
    if plan.hasUniqueColumn, table.column(column)?.name == "colour" {
      return .text("colour \(number % Int64(plan.keyCount + 2))")
    }
    return switch table.column(column)?.affinity {
    case .text: .text("w\(number)")
    case .real: .real(Double(number) + 0.5)
    case .blob where number % 3 == 0: .blob(Array("b\(number)".utf8))
    case .blob where number % 3 == 1: .text("n\(number)")
    default: .integer(number)
    }
  }

  /// More than travels inline, and does not compress.
  private func largeValue(_ generator: inout SeededGenerator) -> Value {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(1_400_000)
    while bytes.count < 1_400_000 {
      withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) }
    }
    return .blob(bytes)
  }
}
