internal import Basics
package import Clocks

/// Writes rows of one table that change in one way (same kind, same columns, same counted ones),
/// column by column.
///
/// Rows should come in the order of their keys: it makes the block small and its application fast.
/// Close the block once it `isFull`.
package struct BlockBuilder: Sendable {
  package let table: TableID
  package let kind: ChangeKind
  /// Ascending, without the key's.
  package let columns: [ColumnID]
  /// Those of an update's columns of which the rows say what was there before. Ascending.
  package let counted: [ColumnID]
  package let keyColumnCount: Int
  package private(set) var rowCount = 0

  /// The key's columns, then `columns`, then `counted`.
  private var sections: [ColumnWriter]
  /// Where the next value of the row goes.
  private var nextSection: Int
  private var times = ByteWriter()
  private var previousMilliseconds: Int64 = 0
  private var bases = ByteWriter()
  private var runBase: UInt64 = 0
  private var runCount = 0
  private var contentBytes = 0

  package init(
    table: TableID, kind: ChangeKind, columns: [ColumnID], counted: [ColumnID] = [],
    keyColumnCount: Int
  ) {
    invariant(keyColumnCount > 0, "A row has a key.")
    invariant(columns.isEmpty || kind != .delete, "A deletion has no columns.")
    invariant(!columns.isEmpty || kind != .update, "An update has columns.")
    invariant(
      counted.isEmpty || kind == .update && counted.allSatisfy { columns.contains($0) },
      "What counts is in a column that an update writes.")
    self.table = table
    self.kind = kind
    self.columns = columns
    self.counted = counted
    self.keyColumnCount = keyColumnCount
    nextSection = keyColumnCount + columns.count + counted.count
    sections = [ColumnWriter](repeating: ColumnWriter(), count: nextSection)
  }

  /// Begins a row. Then `appendKey` for each key column, then `append` for each of `columns`, then
  /// `append` of what was there before for each of `counted`.
  package mutating func beginRow(milliseconds: Int64, base: LogPosition?) {
    invariant(nextSection == sections.count, "A row has all its values before the next begins.")
    invariant(rowCount < DeltaLimits.blockRowsMax, "A full block is closed.")
    nextSection = 0
    rowCount += 1
    times.writeSignedVarint(milliseconds &- previousMilliseconds)
    previousMilliseconds = milliseconds
    let code = base.map { $0.rawValue + 1 } ?? 0
    if code != runBase {
      closeRun()
      runBase = code
    }
    runCount += 1
  }

  private mutating func closeRun() {
    guard runCount > 0 else { return }
    bases.writeVarint(runCount)
    bases.writeVarint(runBase)
    runCount = 0
  }

  /// Appends the row's next key value, which is not null.
  package mutating func appendKey(_ value: ValueView) {
    invariant(nextSection < keyColumnCount, "A row has as many key values as its table.")
    if case .null = value { invariant(false, "A key that travels has no null.") }
    appendNext(value)
  }

  /// Appends the row's next value outside the key.
  package mutating func append(_ value: ValueView) {
    invariant(
      nextSection >= keyColumnCount && nextSection < sections.count,
      "A row has its key first, and as many values as its block has sections.")
    appendNext(value)
  }

  @inline(__always)
  private mutating func appendNext(_ value: ValueView) {
    contentBytes += sections[nextSection].append(value)
    nextSection += 1
  }

  /// About how many raw bytes the block would have: close it at `blockRawBytesTarget`.
  ///
  /// Counts each row and cell for a little more than nothing, so that a block that is closed there
  /// is within the limits of rows and cells too.
  package var estimatedBytes: Int {
    contentBytes + rowCount * (Self.rowBytesAtLeast + sections.count / Self.cellsPerByte)
  }

  /// Whether the block is to be closed before another row.
  package var isFull: Bool { estimatedBytes >= DeltaLimits.blockRawBytesTarget }

  private static let rowBytesAtLeast = DeltaLimits.blockRawBytesTarget / DeltaLimits.blockRowsMax
  private static let cellsPerByte =
    DeltaLimits.blockCellsMax / 2 / DeltaLimits.blockRawBytesTarget

  /// The block's canonical raw bytes. Empty afterwards, and ready for the next block.
  package mutating func finish() -> [UInt8] {
    invariant(rowCount > 0, "A block has rows.")
    invariant(nextSection == sections.count, "A block's last row has all its values.")
    closeRun()
    let estimate = sections.reduce(64 + times.count + bases.count) { $0 + $1.byteCount + 8 }
    let columnCount = columns.count + counted.count
    var block = ByteWriter(reservingCapacity: estimate + columnCount * 2)
    block.write(table)
    block.write(counted.isEmpty ? kind.rawValue : ChangeKind.countedUpdateCode)
    Self.write(columns, to: &block)
    if !counted.isEmpty { Self.write(counted, to: &block) }
    block.writeVarint(keyColumnCount)
    block.writeVarint(rowCount)
    for index in 0..<keyColumnCount { sections[index].finish(into: &block) }
    block.write(contentsOf: times.bytes)
    block.write(contentsOf: bases.bytes)
    for index in keyColumnCount..<sections.count { sections[index].finish(into: &block) }
    reset()
    return block.bytes
  }

  private static func write(_ columns: [ColumnID], to block: inout ByteWriter) {
    block.writeVarint(columns.count)
    var previous: UInt16 = 0
    for column in columns {
      invariant(column.rawValue > previous, "A block's columns ascend from 1.")
      block.writeVarint(UInt64(column.rawValue - previous))
      previous = column.rawValue
    }
  }

  private mutating func reset() {
    rowCount = 0
    contentBytes = 0
    times.removeAll()
    previousMilliseconds = 0
    bases.removeAll()
    runBase = 0
  }
}
