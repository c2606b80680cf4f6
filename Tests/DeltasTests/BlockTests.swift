import Basics
import Clocks
import Deltas
import TestSupport
import Testing

@Suite struct BlockTests {
  @Test(arguments: 0..<40) func randomBlocksComeBack(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for block in generator.blocks(count: 10, rowsBelow: 30, mayCount: true) {
      let raw = rawBlock(block)
      let reader = try BlockReader(raw: raw)
      #expect(reader.rowChanges == block)
      #expect(rawBlock(reader.rowChanges) == raw)
    }
  }

  @Test func everyEdgeValueComesBack() throws {
    let columns = [ColumnID(1), ColumnID(65_535)]
    let shapes: [[Value]] = [EdgeValues.all, EdgeValues.all.reversed(), EdgeValues.nonNull]
    for values in shapes {
      let block = values.map { value in
        RowChange(
          key: RowKey(
            table: TableID(1), values: [.integer(1), value == .null ? .text("") : value]),
          kind: .insert, columns: columns, values: [value, .null], milliseconds: 0, base: nil)
      }
      #expect(try BlockReader(raw: rawBlock(block)).rowChanges == block)
    }
  }

  @Test(arguments: 0..<10) func keysAreEncodedAsTheyAreElsewhere(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for block in generator.blocks(count: 10, rowsBelow: 10) {
      try BlockReader(raw: rawBlock(block)).withValues { values in
        var encoder = KeyEncoder()
        for (row, change) in block.enumerated() {
          #expect(values.encodedKey(row: row) == change.key.encoded)
          values.encodeKey(row: row, into: &encoder)
          #expect(encoder.bytes == change.key.encoded)
        }
      }
    }
  }

  @Test func timesAndBasesOfAnySizeComeBack() throws {
    let times: [Int64] = [.min, .max, 0, -1, .max, .min, 1_760_000_000_000]
    let bases: [UInt64?] = [nil, nil, 0, 0, 7, DeltaLimits.ordinalMax, nil]
    let block = zip(times, bases).map { time, base in
      RowChange(
        key: RowKey(table: TableID(65_535), values: [.integer(1)]), kind: .delete, columns: [],
        values: [], milliseconds: time, base: base.map { LogPosition($0) })
    }
    let reader = try BlockReader(raw: rawBlock(block))
    #expect(reader.rowChanges == block)
    #expect((0..<7).map { reader.milliseconds(row: $0) } == times)
    #expect((0..<7).map { reader.base(row: $0)?.rawValue } == bases)
  }

  @Test func aBuilderServesAgain() {
    var generator = SeededGenerator(seed: 3)
    let shape = BlockShape(
      table: TableID(1), kind: .update, columns: [ColumnID(2), ColumnID(5), ColumnID(9)],
      counted: [ColumnID(2), ColumnID(9)], keyColumnCount: 2)
    let blocks = (0..<3).map { _ in (0..<5).map { _ in generator.rowChange(shape) } }
    var builder = BlockBuilder(
      table: shape.table, kind: shape.kind, columns: shape.columns, counted: shape.counted,
      keyColumnCount: shape.keyColumnCount)
    for block in blocks {
      for change in block { builder.append(change) }
      #expect(builder.rowCount == 5)
      #expect(builder.finish() == rawBlock(block))
      #expect(builder.rowCount == 0)
      #expect(builder.estimatedBytes == 0)
    }
  }

  /// Blocks that are closed when full are within every limit, however little their rows hold.
  @Test(arguments: [0, 1, 70, 2_000]) func fullBlocksAreWithinTheLimits(columnCount: Int) throws {
    let columns = (0..<columnCount).map { ColumnID(UInt16($0 + 1)) }
    var builder = BlockBuilder(
      table: TableID(1), kind: .insert, columns: columns, keyColumnCount: 1)
    var key: Int64 = 0
    while !builder.isFull {
      key += 1
      builder.beginRow(milliseconds: 0, base: nil)
      builder.appendKey(.integer(key))
      for _ in columns { builder.append(.null) }
    }
    let rowCount = builder.rowCount
    let reader = try BlockReader(raw: builder.finish())
    #expect(reader.rowCount == rowCount)
    #expect(reader.milliseconds(row: rowCount - 1) == 0)
  }

  /// The first bytes of what is written in docs/protocol.md, field by field.
  @Test func theBytesAreTheSpecifiedOnes() {
    let table = TableID(3)
    func change(_ key: Int64, _ name: Value, _ time: Int64, _ base: UInt64?) -> RowChange {
      RowChange(
        key: RowKey(table: table, values: [.integer(key)]), kind: .update,
        columns: [ColumnID(2), ColumnID(5)], values: [name, .real(1.5)], milliseconds: time,
        base: base.map { LogPosition($0) })
    }
    let raw = rawBlock([
      change(10, .text("ab"), 1_000, nil), change(12, .null, 998, 0),
      change(11, .text("0f8fad5b-d9cb-469f-a165-70867728950e"), 998, 0),
    ])
    let expected =
      "03" + "02" + "02" + "0203" + "01" + "03"  // table, update, 2 columns: 2 and 5, 1 key, 3 rows
      + "0103" + "140401"  // key: integers ×3; 10, +2, −1
      + "d00f" + "03" + "00"  // times 1000, −2, 0
      + "0100" + "0201"  // bases: one none, two 0
      + "030100010501"  // text, null, uuid
      + "02" + "6162" + "0f8fad5bd9cb469fa16570867728950e"
      + "0203" + "000000000000f83f" + "000000000000f83f" + "000000000000f83f"
    #expect(hexadecimal(raw) == expected)
  }
}
