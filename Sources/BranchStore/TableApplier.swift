internal import Deltas
internal import Storage

/// Writes received rows into one table. Application triggers fire as far as `TriggerWatcher` lets
/// them.
///
/// A row that SQLite refuses is answered by the reason; the statement has then changed nothing.
final class TableApplier {
  let table: TrackedTable
  private let database: Database
  /// Nil where the table's keys are the shared ones.
  private let keys: TableKeys?
  /// Whether a trigger of the application deletes from this table.
  let isGuarded: Bool
  private var statements: [Statement?] = [Statement?](
    repeating: nil, count: Purpose.allCases.count)
  private var updates: [[ColumnID]: Statement] = [:]
  private var lastUpdate: (columns: [ColumnID], statement: Statement)?
  /// Whether the next inserted row is more likely to be there already.
  private var expectsExisting = false
  private let placed: Set<ColumnID>
  private var lastPart: Part?

  /// What the statements that do not depend on a set of columns are for.
  private enum Purpose: Int, CaseIterable {
    case insert, delete, compare, exists, allowDeletion, allowNoDeletion
  }

  /// Why SQLite did not write a row.
  enum Outcome {
    case done
    case refused(String)
  }

  init(
    _ table: TrackedTable, database: Database, isGuarded: Bool, numbers: KeyNumbers? = nil
  ) {
    self.table = table
    keys = numbers.flatMap { TableKeys(table, $0) }
    self.database = database
    self.isGuarded = isGuarded
    placed = Set(table.valueColumns)
  }

  /// Whether a block has the keys that this table's blocks have.
  func fits(_ block: BlockReader) -> Bool { block.keyColumnCount == table.keyCount }

  /// Applies one row of a block: those of its columns that the table has.
  func apply(_ block: BlockReader, _ values: BlockValues, row: Int) throws -> Outcome {
    try keys?.prepare(block, values, row: row)
    let outcome = try write(block, values, row: row)
    if let keys, case .done = outcome { try keys.note(block.kind, values, row: row) }
    return outcome
  }

  private func write(_ block: BlockReader, _ values: BlockValues, row: Int) throws -> Outcome {
    switch block.kind {
    case .insert where block.columns == table.valueColumns: return try put(values, row: row)
    case .delete: return try delete(values, row: row)
    case .insert, .update: break
    }
    let part = part(of: block)
    if block.kind == .update, part.isWhole {
      return try update(block.columns, values, row: row)
    }
    if block.kind == .update {
      return part.columns.isEmpty ? .done : try update(part, values, row: row)
    }
    return try put(part, values, row: row)
  }

  // MARK: Blocks of other columns than the table's

  /// Those of a block's columns that the table has, and where they are in the block.
  private struct Part {
    let block: [ColumnID]
    var columns: [ColumnID] = []
    var indexes: [Int] = []
    var isWhole: Bool { columns.count == block.count }
  }

  private func part(of block: BlockReader) -> Part {
    if let lastPart, lastPart.block == block.columns { return lastPart }
    var part = Part(block: block.columns)
    for (index, column) in block.columns.enumerated() where placed.contains(column) {
      part.columns.append(column)
      part.indexes.append(index)
    }
    lastPart = part
    return part
  }

  /// Columns of which the block says nothing keep what they have; in a new row, their default.
  private func put(_ part: Part, _ values: BlockValues, row: Int) throws -> Outcome {
    if try exists(values, row: row) {
      return part.columns.isEmpty ? .done : try update(part, values, row: row)
    }
    return try attempt {
      let statement = try database.cached(table.sql.insert(part.columns))
      defer { statement.reset() }
      try bind(statement, values, row: row, part.indexes)
      try run(statement)
      return database.changes > 0
        ? .done : .refused("a trigger of the application leaves the row out")
    }
  }

  private func update(_ part: Part, _ values: BlockValues, row: Int) throws -> Outcome {
    try attempt {
      let statement = try updateStatement(part.columns)
      try bind(statement, values, row: row, part.indexes)
      try run(statement)
      guard database.changes == 0, try exists(values, row: row) else { return .done }
      return .refused("a trigger of the application leaves the change out")
    }
  }

  private func bind(
    _ statement: Statement, _ values: BlockValues, row: Int, _ indexes: [Int]
  ) throws(StorageError) {
    try bind(statement, values, row: row, valueCount: 0)
    for (place, index) in indexes.enumerated() {
      try statement.bind(
        Int32(table.keyCount + place + 1), values.value(index, row: row), copying: false)
    }
  }

  // MARK: Kinds

  /// Makes the row what the values say, whether it is there or not.
  private func put(_ values: BlockValues, row: Int) throws -> Outcome {
    var refusal: String?
    if !expectsExisting {
      switch try insert(values, row: row) {
      case .done: return .done
      case .refused(let reason): refusal = reason
      }
    }
    switch try compare(values, row: row) {
    case .equal:
      expectsExisting = true
      return .done
    case .different:
      expectsExisting = true
      return try update(table.valueColumns, values, row: row)
    case .missing:
      if let refusal { return .refused(refusal) }
      expectsExisting = false
      return try insert(values, row: row)
    }
  }

  private func insert(_ values: BlockValues, row: Int) throws -> Outcome {
    try attempt {
      let statement = try prepared(.insert)
      try bind(statement, values, row: row, valueCount: table.valueColumns.count)
      try run(statement)
      return database.changes > 0
        ? .done : .refused("a trigger of the application leaves the row out")
    }
  }

  /// An update of a row that is not there changes nothing.
  private func update(
    _ columns: [ColumnID], _ values: BlockValues, row: Int
  ) throws -> Outcome {
    try attempt {
      let statement = try updateStatement(columns)
      try bind(statement, values, row: row, valueCount: columns.count)
      try run(statement)
      guard database.changes == 0, try exists(values, row: row) else { return .done }
      return .refused("a trigger of the application leaves the change out")
    }
  }

  private func delete(_ values: BlockValues, row: Int) throws -> Outcome {
    try attempt {
      if isGuarded {
        let allowance = try prepared(.allowDeletion)
        try bind(allowance, values, row: row, valueCount: 0)
        try run(allowance)
      }
      let statement = try prepared(.delete)
      try bind(statement, values, row: row, valueCount: 0)
      try run(statement)
      let isLeft = try database.changes == 0 && exists(values, row: row)
      if isGuarded { try run(try prepared(.allowNoDeletion)) }
      return isLeft ? .refused("a trigger of the application keeps the row") : .done
    }
  }

  // MARK: Rows that are there

  private enum Comparison { case missing, equal, different }

  /// How the table's row stands to the values of an insert.
  private func compare(_ values: BlockValues, row: Int) throws -> Comparison {
    let statement = try prepared(.compare)
    try bind(statement, values, row: row, valueCount: 0)
    defer { statement.rewind() }
    guard try statement.step() else { return .missing }
    let isEqual = table.valueColumns.indices.allSatisfy {
      statement.view($0).hasSameBytes(as: values.value($0, row: row))
    }
    return isEqual ? .equal : .different
  }

  private func exists(_ values: BlockValues, row: Int) throws -> Bool {
    let statement = try prepared(.exists)
    try bind(statement, values, row: row, valueCount: 0)
    defer { statement.rewind() }
    return try statement.step()
  }

  // MARK: Statements

  @inline(__always)
  private func prepared(_ purpose: Purpose) throws -> Statement {
    if let statement = statements[purpose.rawValue] { return statement }
    return try prepare(purpose)
  }

  private func prepare(_ purpose: Purpose) throws -> Statement {
    let sql =
      switch purpose {
      case .insert: table.sql.insert
      case .delete: table.sql.delete
      case .compare: table.sql.selectByKey(table.valueColumns)
      case .exists: table.sql.selectByKey([])
      case .allowDeletion: BranchSQL.allowDeletion(table.schema, keys: table.keys)
      case .allowNoDeletion: BranchSQL.allowNoDeletion(table.schema)
      }
    let statement = try database.prepare(sql)
    statements[purpose.rawValue] = statement
    return statement
  }

  private func updateStatement(_ columns: [ColumnID]) throws -> Statement {
    if let lastUpdate, lastUpdate.columns == columns { return lastUpdate.statement }
    let statement: Statement
    if let known = updates[columns] {
      statement = known
    } else {
      if updates.count >= BranchLimits.columnSetsMax { updates.removeAll() }
      statement = try database.prepare(table.sql.update(columns))
      updates[columns] = statement
    }
    lastUpdate = (columns, statement)
    return statement
  }

  /// Binds without copying: the block outlives the statement's run.
  @inline(__always)
  private func bind(
    _ statement: Statement, _ values: BlockValues, row: Int, valueCount: Int
  ) throws(StorageError) {
    let keyCount = table.keyCount
    for index in 0..<keyCount {
      try statement.bind(Int32(index + 1), values.key(index, row: row), copying: false)
    }
    for index in 0..<valueCount {
      try statement.bind(
        Int32(keyCount + index + 1), values.value(index, row: row), copying: false)
    }
  }

  @inline(__always)
  private func run(_ statement: Statement) throws(StorageError) {
    _ = try statement.step()
    statement.rewind()
  }

  /// Lets go of the values that statements still have bound.
  func unbind() {
    for statement in statements { statement?.reset() }
    for statement in updates.values { statement.reset() }
  }

  /// Lets go of the statements themselves.
  func finish() {
    for index in statements.indices { statements[index] = nil }
    updates.removeAll()
    lastUpdate = nil
  }

  /// Makes a reason of an error that concerns the row and not the file.
  private func attempt(_ body: () throws -> Outcome) throws -> Outcome {
    do {
      return try body()
    } catch let error as StorageError {
      guard let reason = Self.reason(error) else { throw error }
      guard database.hasOpenTransaction else {
        throw BranchStoreError.tableNotUsable(
          table: table.schema.name, why: "a constraint or trigger rolls back everything: \(reason)")
      }
      return .refused(reason)
    }
  }

  private static func reason(_ error: StorageError) -> String? {
    switch error {
    case .constraint(_, let message): message
    // An error in a trigger or expression, a value too big, a key of the wrong type.
    case .other(let code, let message) where [1, 18, 20].contains(code & 0xff): message
    default: nil
    }
  }
}

extension ValueView {
  /// Whether class and bytes are the same.
  func hasSameBytes(as other: ValueView) -> Bool {
    switch (self, other) {
    case (.null, .null): true
    case (.integer(let left), .integer(let right)): left == right
    case (.real(let left), .real(let right)): left == right
    case (.text(let left), .text(let right)), (.blob(let left), .blob(let right)):
      left.elementsEqual(right)
    default: false
    }
  }
}
