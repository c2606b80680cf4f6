import Basics
import Clocks
import Deltas
import Foundation
import TestSupport
import Testing

/// Holds docs/protocol.md to the code.
@Suite struct ProtocolDocumentTests {
  static let schema = Schema(
    tables: [
      TableSchema(
        id: TableID(1), name: "customer",
        columns: [
          ColumnSchema(
            id: ColumnID(1), name: "id", declaredType: "INTEGER", affinity: .integer,
            isNotNull: false, collation: "BINARY"),
          ColumnSchema(
            id: ColumnID(2), name: "name", declaredType: "TEXT", affinity: .text,
            isNotNull: false, collation: "BINARY"),
        ], keyColumns: [ColumnID(1)], isWithoutRowID: false, isStrict: false,
        createSQL: "CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT)")
    ], otherSQL: [])

  static let header = ChangesetHeader(
    dot: Dot(replica: ReplicaID(3), counter: 1), previous: .zero,
    context: CausalContext(
      generation: GenerationID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210),
      position: LogPosition(300)),
    timestamp: HybridTimestamp(
      milliseconds: 1_760_000_000_123, counter: 0, replica: ReplicaID(3)),
    schemaFingerprint: schema.fingerprint, isBaseline: false)

  static let change = RowChange(
    key: RowKey(table: TableID(1), values: [.integer(17)]), kind: .update,
    columns: [ColumnID(2)], values: [.text("Li Wei")], milliseconds: 1_760_000_000_000, base: nil)

  @Test func theExampleOfAFingerprintIsRight() throws {
    let form = try ProtocolDocument.example("fingerprint")
    #expect(ContentHash(of: form) == Self.schema.fingerprint)
  }

  @Test func theExampleOfABlockIsRight() throws {
    let raw = try ProtocolDocument.example("block")
    #expect(raw == rawBlock([Self.change]))
    #expect(try BlockReader(raw: raw).rowChanges == [Self.change])
  }

  @Test func theExampleOfACountedBlockIsRight() throws {
    let raw = try ProtocolDocument.example("counted")
    let change = RowChange(
      key: RowKey(table: TableID(1), values: [.integer(17)]), kind: .update,
      columns: [ColumnID(2), ColumnID(4)], values: [.text("Li Wei"), .integer(120)],
      previous: [nil, .integer(100)], milliseconds: 1_760_000_000_000, base: nil)
    #expect(raw == rawBlock([change]))
    #expect(try BlockReader(raw: raw).rowChanges == [change])
  }

  @Test func theExampleOfAChangesetIsRight() throws {
    let stream = try ProtocolDocument.example("changeset")
    #expect(stream == Streams.changeset(Self.header, blocks: [[Self.change]]).bytes)
    let read = try Streams.readChangeset(stream)
    #expect(read.header == Self.header)
    #expect(read.changes == [Self.change])
  }

  @Test func theKeysAreRight() throws {
    let rows = try ProtocolDocument.rows(of: "Keys").filter { $0[0].hasPrefix("(") }
    #expect(rows.count == 14)
    for row in rows {
      let values = row[0].dropFirst().dropLast().split(separator: ", ").map(Self.value)
      let expected = RowKey(table: TableID(1), values: values).encoded
      #expect(row[1] == "`\(hexadecimal(expected))`", "\(row[0])")
    }
  }

  /// A literal as SQL writes it.
  private static func value(_ literal: Substring) -> Value {
    let text = literal.replacingOccurrences(of: "−", with: "-")
    if text.hasPrefix("'") { return .text(String(text.dropFirst().dropLast())) }
    if text.hasPrefix("x'") {
      return .blob(bytes(hexadecimal: text.dropFirst(2).dropLast()) ?? [])
    }
    if text.contains("."), let real = Double(text) { return .real(real) }
    return Int64(text).map(Value.integer) ?? .null
  }

  @Test func theLimitsAreRight() throws {
    let limits: [String: Int] = [
      "valueBytesMax": DeltaLimits.valueBytesMax, "keyBytesMax": DeltaLimits.keyBytesMax,
      "blockRawBytesTarget": DeltaLimits.blockRawBytesTarget,
      "blockRawBytesMax": DeltaLimits.blockRawBytesMax, "blockRowsMax": DeltaLimits.blockRowsMax,
      "blockCellsMax": DeltaLimits.blockCellsMax, "frameBytesMax": DeltaLimits.frameBytesMax,
      "columnsMax": DeltaLimits.columnsMax, "keyColumnsMax": DeltaLimits.keyColumnsMax,
      "tablesMax": DeltaLimits.tablesMax, "statementsMax": DeltaLimits.statementsMax,
      "schemaBytesMax": DeltaLimits.schemaBytesMax, "nameBytesMax": DeltaLimits.nameBytesMax,
      "sqlBytesMax": DeltaLimits.sqlBytesMax, "replicasMax": DeltaLimits.replicasMax,
      "conflictValuesMax": DeltaLimits.conflictValuesMax,
      "conflictsPerFrameMax": DeltaLimits.conflictsPerFrameMax,
      "explanationBytesMax": DeltaLimits.explanationBytesMax,
      "changesetRowsMax": DeltaLimits.changesetRowsMax,
      "tableRowsMax": DeltaLimits.tableRowsMax, "deltaFramesMax": DeltaLimits.deltaFramesMax,
      "seenEntriesMax": DeltaLimits.seenEntriesMax, "ordinalMax": Int(DeltaLimits.ordinalMax),
    ]
    let documented = try ProtocolDocument.limits()
    for (name, limit) in limits { #expect(documented[name] == limit, "\(name)") }
  }

  @Test func theFrameTypesAreRight() throws {
    let rows = try ProtocolDocument.rows(of: "Frames").dropFirst()
    let types: [FrameType] = [
      .changesetHeader, .block, .changesetTrailer, .deltaHeader, .entry, .outcome, .conflicts,
      .deltaTrailer, .stub, .ledger,
    ]
    #expect(rows.map { $0[0] } == types.map { String($0.rawValue) })
  }
}
