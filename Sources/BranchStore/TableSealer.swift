internal import Clocks
internal import Deltas
internal import Storage

/// Collapses one table's journal per row and writes the rows' current values into a changeset.
///
/// Entries come sorted by key, so that memory does not grow with the journal, blocks are small and
/// look-ups walk the table in its own order.
final class TableSealer {
  /// Rows that change in one way: their look-up and the block that fills.
  private final class Shape {
    let columns: [ColumnID]
    let counted: [ColumnID]
    let statement: Statement
    var block: BlockBuilder

    init(
      _ table: TrackedTable, kind: ChangeKind, columns: [ColumnID], counted: [ColumnID] = [],
      _ database: Database
    ) throws {
      self.columns = columns
      self.counted = counted
      statement = try database.prepare(table.sql.selectByOwnKey(columns))
      block = BlockBuilder(
        table: table.schema.id, kind: kind, columns: columns, counted: counted,
        keyColumnCount: table.keyCount)
    }
  }

  /// What updates of one shape have in common.
  private struct UpdateColumns: Hashable {
    let columns: [ColumnID]
    let counted: [ColumnID]

    static func precedes(_ left: UpdateColumns, _ right: UpdateColumns) -> Bool {
      if left.columns != right.columns {
        return left.columns.lexicographicallyPrecedes(right.columns)
      }
      return left.counted.lexicographicallyPrecedes(right.counted)
    }
  }

  private let table: TrackedTable
  private let database: Database
  /// Whether some rows wait for their incoming changes, and so have a base of their own.
  private let hasDeferred: Bool
  /// Whether rows may be at the hub that are not here, although what was written to them came.
  private let mayLackRows: Bool
  private let insertShape: Shape
  private let deleteShape: Shape
  private var updateShapes: [UpdateColumns: Shape] = [:]
  private var lastShape: Shape?
  private var group: JournalGroup
  /// As the table has it.
  private var key = KeyBuffer()
  /// What others call it; nil if that is the same.
  private var shared: SharedKey?
  private var row = RowBuffer()
  private var encoder = KeyEncoder()
  private(set) var nullKeyCount = 0
  /// Whether a program has inserted a row that was there, and nothing says what it changed.
  private(set) var hasReplacements = false
  /// The keys of rows too large to travel, with the time of their last write.
  private(set) var tooLarge: [(key: [Value], wall: Int64)] = []

  init(
    _ table: TrackedTable, database: Database, hasDeferred: Bool, mayLackRows: Bool
  ) throws {
    self.table = table
    self.database = database
    self.hasDeferred = hasDeferred
    self.mayLackRows = mayLackRows
    insertShape = try Shape(table, kind: .insert, columns: table.valueColumns, database)
    deleteShape = try Shape(table, kind: .delete, columns: [], database)
    group = JournalGroup(table)
    shared = table.sql.isTranslating ? try SharedKey(table, database) : nil
  }

  /// Deletions first: a new row may take over what was unique about a deleted one.
  func seal(into outbox: inout OutboxWriter) throws {
    if try database.integer(BranchSQL.hasJournalDeletions(table.schema)) == 1 {
      try forEachGroup(deletionsOnly: true, &outbox) { sealer, outbox in
        guard try !sealer.find(sealer.deleteShape) else { return }
        try sealer.addDeletion(&outbox)
      }
      try outbox.add(&deleteShape.block)
    }
    try forEachGroup(deletionsOnly: false, &outbox) { sealer, outbox in
      try sealer.sealGroup(&outbox)
    }
    try closeBlocks(&outbox)
  }

  private func closeBlocks(_ outbox: inout OutboxWriter) throws {
    try outbox.add(&deleteShape.block)
    for columns in updateShapes.keys.sorted(by: UpdateColumns.precedes) {
      if let shape = updateShapes[columns] { try outbox.add(&shape.block) }
    }
    try outbox.add(&insertShape.block)
  }

  // MARK: Rows of the journal

  private func forEachGroup(
    deletionsOnly: Bool, _ outbox: inout OutboxWriter,
    _ body: (TableSealer, inout OutboxWriter) throws -> Void
  ) throws {
    let isCounting = table.isCounting && !deletionsOnly
    let sql = BranchSQL.selectJournal(
      table.schema, deletionsOnly: deletionsOnly, isCounting: isCounting)
    let statement = try database.prepare(sql)
    let keyCount = table.keyCount
    var next = KeyEncoder()
    var isFirst = true
    group.reset()
    while try statement.step() {
      next.removeAll()
      for index in 0..<keyCount { next.append(statement.view(index)) }
      if isFirst || next.bytes != encoder.bytes {
        if !isFirst { try body(self, &outbox) }
        isFirst = false
        group.reset()
        key.take(statement, count: keyCount)
        try shared?.take(key, count: keyCount)
        swap(&encoder, &next)
      }
      let change = statement.integer(keyCount)
      group.take(
        change: change, wall: JournalTime.milliseconds(statement.view(keyCount + 1)))
      if isCounting, group.isCounted(change) {
        group.take(
          change: change, was: statement.value(keyCount + 2),
          became: statement.value(keyCount + 3))
      }
    }
    if !isFirst { try body(self, &outbox) }
  }

  private func sealGroup(_ outbox: inout OutboxWriter) throws {
    if group.isReplacedUnseen { hasReplacements = true }
    if key.hasNull {
      nullKeyCount += 1
    } else if encoder.bytes.count > DeltaLimits.keyBytesMax {
      leaveOut()
    } else if group.isInserted || group.isDeleted {
      // A row that is there although it was last deleted came in without its trigger.
      if try find(insertShape) {
        if try add(
          insertShape, milliseconds: group.lastWall, base: try insertionBase(&outbox), &outbox)
        {
          outbox.rowCount += 1
        }
      } else if !group.hasDeletion {
        try addDeletion(&outbox)
      }
    } else if !group.touched.isEmpty {
      try sealUpdates(&outbox)
    }
  }

  /// One row change for each time at which columns were written.
  private func sealUpdates(_ outbox: inout OutboxWriter) throws {
    for unit in table.units { group.complete(unit) }
    let walls = group.walls
    let first = group.touched.first.map { walls[Int($0.rawValue)] }
    if group.touched.allSatisfy({ walls[Int($0.rawValue)] == first }) {
      group.touched.sort()
    } else {
      group.touched.sort {
        (walls[Int($0.rawValue)], $0) < (walls[Int($1.rawValue)], $1)
      }
    }
    let base = try base(&outbox)
    var start = 0
    while start < group.touched.count {
      let wall = walls[Int(group.touched[start].rawValue)]
      var end = start + 1
      while end < group.touched.count, walls[Int(group.touched[end].rawValue)] == wall { end += 1 }
      let columns = group.touched[start..<end]
      let shape = try updateShape(columns, counted: counted(columns), &outbox)
      guard try find(shape) else {
        if !group.hasDeletion { try addDeletion(&outbox) }
        return
      }
      guard try add(shape, milliseconds: wall, base: base, &outbox) else { return }
      start = end
    }
    outbox.rowCount += 1
  }

  private func counted(_ columns: ArraySlice<ColumnID>) -> [ColumnID] {
    guard table.isCounting else { return [] }
    return columns.filter { table.counted.contains($0) && group.knowsStart(of: $0) }
  }

  private var sharedKey: KeyBuffer { shared?.key ?? key }

  private func leaveOut() {
    guard tooLarge.last?.key != key.values else { return }
    tooLarge.append((key.values, group.lastWall))
  }

  private func updateShape(
    _ columns: ArraySlice<ColumnID>, counted: [ColumnID], _ outbox: inout OutboxWriter
  ) throws -> Shape {
    if let lastShape, lastShape.columns.elementsEqual(columns), lastShape.counted == counted {
      return lastShape
    }
    let columns = UpdateColumns(columns: Array(columns), counted: counted)
    let shape: Shape
    if let known = updateShapes[columns] {
      shape = known
    } else {
      if updateShapes.count >= BranchLimits.openBlocksMax {
        try closeBlocks(&outbox)
        updateShapes.removeAll()
      }
      shape = try Shape(
        table, kind: .update, columns: columns.columns, counted: columns.counted, database)
      updateShapes[columns] = shape
    }
    lastShape = shape
    return shape
  }

  // MARK: Rows of the table

  /// Whether the row is there; then the shape's statement stands on it.
  private func find(_ shape: Shape) throws -> Bool {
    shape.statement.rewind()
    try key.bind(to: shape.statement)
    return try shape.statement.step()
  }

  /// Adds the row on which the shape's statement stands. Returns false if it is too large.
  private func add(
    _ shape: Shape, milliseconds: Int64, base: LogPosition?, _ outbox: inout OutboxWriter
  ) throws -> Bool {
    guard let rowBytes = row.take(shape.statement, from: 0, count: shape.columns.count) else {
      leaveOut()
      return false
    }
    guard shape.counted.isEmpty else {
      return try addCounted(
        shape, rowBytes: rowBytes, milliseconds: milliseconds, base: base, &outbox)
    }
    if rowBytes > DeltaLimits.blockRawBytesTarget { try outbox.add(&shape.block) }
    let isFull = row.append(
      to: &shape.block, key: sharedKey, milliseconds: milliseconds, base: base)
    outbox.oldest = min(outbox.oldest, milliseconds)
    if isFull { try outbox.add(&shape.block) }
    shape.statement.rewind()
    return true
  }

  /// The same with what was there before. Where both together are too large to travel, the row goes
  /// without: then it stands for itself.
  private func addCounted(
    _ shape: Shape, rowBytes: Int, milliseconds: Int64, base: LogPosition?,
    _ outbox: inout OutboxWriter
  ) throws -> Bool {
    var previous: [Value] = []
    for column in shape.counted {
      guard let index = shape.columns.firstIndex(of: column) else { continue }
      previous.append(group.start(of: column) ?? Value(row[index]))
    }
    let sizes = previous.map(\.byteCount)
    let sum = rowBytes + sizes.reduce(0, +)
    guard sum <= RowBuffer.bytesMax, sizes.allSatisfy({ $0 <= DeltaLimits.valueBytesMax }) else {
      shape.statement.rewind()
      let plain = try updateShape(shape.columns[...], counted: [], &outbox)
      guard try find(plain) else { return false }
      return try add(plain, milliseconds: milliseconds, base: base, &outbox)
    }
    if sum > DeltaLimits.blockRawBytesTarget { try outbox.add(&shape.block) }
    let isFull = row.append(
      to: &shape.block, key: sharedKey, previous: previous, milliseconds: milliseconds, base: base)
    outbox.oldest = min(outbox.oldest, milliseconds)
    if isFull { try outbox.add(&shape.block) }
    shape.statement.rewind()
    return true
  }

  private func addDeletion(_ outbox: inout OutboxWriter) throws {
    guard !key.hasNull, encoder.bytes.count <= DeltaLimits.keyBytesMax else { return }
    deleteShape.block.beginRow(milliseconds: group.deletionWall, base: try base(&outbox))
    sharedKey.lendEach { deleteShape.block.appendKey($1) }
    outbox.oldest = min(outbox.oldest, group.deletionWall)
    outbox.rowCount += 1
    if deleteShape.block.isFull { try outbox.add(&deleteShape.block) }
  }

  /// Who inserts a row that was not there has not seen what the hub may have under its key.
  private func insertionBase(_ outbox: inout OutboxWriter) throws -> LogPosition? {
    guard mayLackRows else { return try base(&outbox) }
    outbox.refer(to: .start)
    return .start
  }

  /// Where the row's incoming changes began to wait, if they do.
  private func base(_ outbox: inout OutboxWriter) throws -> LogPosition? {
    guard hasDeferred else { return nil }
    let encoded = shared?.encoder.bytes ?? encoder.bytes
    let known = try database.integer(
      BranchSQL.selectDeferredBase, [.integer(Int64(table.schema.id.rawValue)), .blob(encoded)])
    let base = known.map { LogPosition(UInt64($0)) }
    outbox.refer(to: base)
    return base
  }
}

extension Value {
  /// Of a text or blob; others are small.
  fileprivate var byteCount: Int {
    switch self {
    case .text(let bytes), .blob(let bytes): bytes.count
    case .null, .integer, .real: 0
    }
  }
}
