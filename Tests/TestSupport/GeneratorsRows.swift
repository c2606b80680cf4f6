package import Basics
package import Clocks
package import Deltas

/// What rows of one block have in common.
package struct BlockShape: Hashable, Sendable {
  package var table: TableID
  package var kind: ChangeKind
  package var columns: [ColumnID]
  package var counted: [ColumnID]
  package var keyColumnCount: Int

  package init(
    table: TableID, kind: ChangeKind, columns: [ColumnID], counted: [ColumnID] = [],
    keyColumnCount: Int
  ) {
    self.table = table
    self.kind = kind
    self.columns = columns
    self.counted = counted
    self.keyColumnCount = keyColumnCount
  }

  package init(of change: RowChange) {
    self.init(
      table: change.key.table, kind: change.kind, columns: change.columns,
      counted: zip(change.columns, change.previous).filter { $0.1 != nil }.map(\.0),
      keyColumnCount: change.key.values.count)
  }
}

extension SeededGenerator {
  /// `mayCount` makes some updates counted ones.
  package mutating func blockShape(mayCount: Bool = false) -> BlockShape {
    let kind = [ChangeKind.insert, .update, .delete][int(below: 3)]
    var columns: [ColumnID] = []
    if kind != .delete {
      var number: UInt16 = 0
      for _ in 0..<int(below: 4) + (kind == .update ? 1 : 0) {
        number += UInt16(1 + int(below: 300))
        columns.append(ColumnID(number))
      }
    }
    var counted: [ColumnID] = []
    if mayCount, kind == .update { counted = columns.filter { _ in chance(500) } }
    return BlockShape(
      table: TableID(UInt16(1 + int(below: 200))), kind: kind, columns: columns, counted: counted,
      keyColumnCount: 1 + int(below: 3))
  }

  /// A row's change of the given shape.
  package mutating func rowChange(_ shape: BlockShape) -> RowChange {
    RowChange(
      key: RowKey(table: shape.table, values: (0..<shape.keyColumnCount).map { _ in keyValue() }),
      kind: shape.kind, columns: shape.columns, values: shape.columns.map { _ in value() },
      previous: shape.counted.isEmpty
        ? [] : shape.columns.map { shape.counted.contains($0) ? value() : nil },
      milliseconds: milliseconds(), base: chance(800) ? nil : position())
  }

  package mutating func rowChange() -> RowChange {
    let shape = blockShape()
    return rowChange(shape)
  }

  package mutating func milliseconds() -> Int64 {
    switch int(below: 20) {
    case 0: .min
    case 1: .max
    case 2: 0
    default: 1_760_000_000_000 + Int64(int(below: 100_000_000))
    }
  }

  package mutating func position() -> LogPosition {
    LogPosition(chance(100) ? DeltaLimits.ordinalMax : UInt64(int(below: 5_000)))
  }

  package mutating func counter() -> UInt64 {
    chance(100) ? DeltaLimits.ordinalMax : UInt64(1 + int(below: 5_000))
  }

  package mutating func replica() -> ReplicaID {
    ReplicaID(chance(50) ? .max : UInt32(int(below: 300)))
  }

  package mutating func dot() -> Dot { Dot(replica: replica(), counter: counter()) }

  package mutating func hash() -> ContentHash { ContentHash(of: bytes(countBelow: 50)) }

  package mutating func generation() -> GenerationID { GenerationID(high: next(), low: next()) }

  package mutating func timestamp() -> HybridTimestamp {
    HybridTimestamp(
      milliseconds: milliseconds(), counter: UInt32(truncatingIfNeeded: next()),
      replica: replica())
  }

  package mutating func conflict() -> Conflict {
    let shape = blockShape()
    let columns = Set((0..<int(below: 4)).map { _ in UInt16(1 + int(below: 50)) }).sorted()
    let sides = (0..<2 + int(below: 3)).map { _ in
      ConflictSide(
        dot: dot(), milliseconds: chance(200) ? nil : milliseconds(),
        clockOffsetMilliseconds: chance(500) ? nil : milliseconds(),
        values: chance(200)
          ? nil : (0..<(columns.isEmpty ? int(below: 2) : columns.count)).map { _ in value() })
    }
    return Conflict(
      id: counter(), position: position(), key: rowChange(shape).key,
      columns: columns.map { ColumnID($0) },
      bases: columns.isEmpty || chance(500) ? nil : columns.map { _ in value() }, sides: sides,
      rule: "latest", state: [.open, .settled, .decided, .refused][int(below: 4)],
      explanation: "The later write stands. 较晚的写入有效。")
  }
}

/// The raw bytes of a block of these changes, which are of one shape.
package func rawBlock(_ changes: [RowChange]) -> [UInt8] {
  let shape = BlockShape(of: changes[0])
  var builder = BlockBuilder(
    table: shape.table, kind: shape.kind, columns: shape.columns, counted: shape.counted,
    keyColumnCount: shape.keyColumnCount)
  for change in changes { builder.append(change) }
  return builder.finish()
}

extension BlockBuilder {
  /// Appends a whole row.
  package mutating func append(_ change: RowChange) {
    beginRow(milliseconds: change.milliseconds, base: change.base)
    for value in change.key.values { value.withView { appendKey($0) } }
    for value in change.values { value.withView { append($0) } }
    for case let value? in change.previous { value.withView { append($0) } }
  }
}

extension BlockReader {
  package var rowChanges: [RowChange] { (0..<rowCount).map { rowChange($0) } }
}
