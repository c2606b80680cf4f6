import Basics
import Deltas
import TestSupport
import Testing

@Suite struct SchemaTests {
  static func column(_ id: UInt16, _ name: String, _ affinity: Affinity = .text) -> ColumnSchema {
    ColumnSchema(
      id: ColumnID(id), name: name, declaredType: "TEXT", affinity: affinity, isNotNull: false,
      collation: "BINARY")
  }

  static let sample = Schema(
    tables: [
      TableSchema(
        id: TableID(1), name: "customer",
        columns: [column(1, "id", .integer), column(3, "名字"), column(2, "e\u{301}\"t\0a", .real)],
        keyColumns: [ColumnID(1)], isWithoutRowID: false, isStrict: true,
        createSQL: "CREATE TABLE customer(id INTEGER PRIMARY KEY, …) STRICT"),
      TableSchema(
        id: TableID(4), name: "order line", columns: [column(1, "b"), column(2, "a")],
        keyColumns: [ColumnID(2), ColumnID(1)], isWithoutRowID: true, isStrict: false,
        createSQL: "CREATE TABLE \"order line\"(b, a, PRIMARY KEY(a, b)) WITHOUT ROWID"),
    ],
    otherSQL: ["CREATE INDEX i ON customer(名字)", ""])

  @Test func schemasComeBack() throws {
    for schema in [Self.sample, Schema(tables: [], otherSQL: [])] {
      let encoded = schema.encoded
      #expect(try Schema(encoded: encoded) == schema)
      #expect(try Schema(encoded: encoded).encoded == encoded)
      #expect(try Schema(encoded: encoded).fingerprint == schema.fingerprint)
    }
  }

  @Test func everyTruncationIsAnErrorAndEveryFlippedBitIsAnErrorOrAnotherSchema() {
    let encoded = Self.sample.encoded
    for count in 0..<encoded.count {
      #expect(throws: DeltaDecodingError.self) { try Schema(encoded: Array(encoded.prefix(count))) }
    }
    for bit in 0..<encoded.count * 8 {
      var flipped = encoded
      flipped[bit / 8] ^= 1 << (bit % 8)
      guard let schema = try? Schema(encoded: flipped) else { continue }
      if schema.encoded != flipped { Issue.record("bit \(bit)") }
    }
  }

  @Test func whatIsNoSchemaIsRefused() {
    let changes: [(inout Schema) -> Void] = [
      { $0.tables.swapAt(0, 1) }, { $0.tables[1].id = TableID(1) },
      { $0.tables[0].id = TableID(0) }, { $0.tables[0].keyColumns = [] },
      { $0.tables[0].keyColumns = [ColumnID(9)] },
      { $0.tables[1].keyColumns = [ColumnID(2), ColumnID(2)] },
      { $0.tables[0].columns[1].id = ColumnID(1) }, { $0.tables[0].columns[0].id = ColumnID(0) },
      { $0.tables[0].name = String(repeating: "n", count: DeltaLimits.nameBytesMax + 1) },
      { $0.otherSQL[0] = String(repeating: "n", count: DeltaLimits.sqlBytesMax + 1) },
      { $0.tables[0].columns = [] },
      {
        $0.otherSQL = [String](
          repeating: String(repeating: "n", count: DeltaLimits.sqlBytesMax), count: 3)
      },
    ]
    for (index, change) in changes.enumerated() {
      var schema = Self.sample
      change(&schema)
      #expect(throws: DeltaDecodingError.self, "\(index)") { try Schema(encoded: schema.encoded) }
    }
    #expect(throws: DeltaDecodingError.unsupportedFormat(3)) { try Schema(encoded: [3]) }
  }

  @Test func theFingerprintIgnoresTheWordingOfStatements() {
    let same: [(inout Schema) -> Void] = [
      { $0.otherSQL = [] }, { $0.tables[0].createSQL = "create table customer (…)" },
      { $0.tables[0].columns.swapAt(0, 2) }, { $0.tables[0].columns[1].declaredType = "VARCHAR" },
      { $0.tables[0].columns[1].collation = "binary" }, { $0.tables[0].isStrict = false },
    ]
    for (index, change) in same.enumerated() {
      var schema = Self.sample
      change(&schema)
      #expect(schema.fingerprint == Self.sample.fingerprint, "\(index)")
    }
  }

  @Test func theFingerprintKnowsWhatIsSynced() {
    let other: [(inout Schema) -> Void] = [
      { $0.tables[0].name = "customers" }, { $0.tables[0].id = TableID(2) },
      { $0.tables[0].columns[1].name = "name" }, { $0.tables[0].columns[1].id = ColumnID(9) },
      { $0.tables[0].columns[1].affinity = .blob },
      { $0.tables[0].columns[1].collation = "NOCASE" }, { $0.tables[0].columns.removeLast() },
      { $0.tables[1].keyColumns.reverse() }, { $0.tables.removeLast() },
      // The same letter in its other form is another name.
      { $0.tables[0].columns[2].name = "é\"t\0a" },
    ]
    var fingerprints: Set = [Self.sample.fingerprint]
    for change in other {
      var schema = Self.sample
      change(&schema)
      fingerprints.insert(schema.fingerprint)
    }
    #expect(fingerprints.count == other.count + 1)
  }

  @Test func lookingUpTablesAndColumns() {
    let table = Self.sample.tables[0]
    #expect(Self.sample.table(TableID(4))?.name == "order line")
    #expect(Self.sample.table(named: "customer")?.id == TableID(1))
    #expect(Self.sample.table(TableID(2)) == nil)
    #expect(table.valueColumns == [ColumnID(2), ColumnID(3)])
    #expect(table.column(ColumnID(3))?.name == "名字")
  }
}
