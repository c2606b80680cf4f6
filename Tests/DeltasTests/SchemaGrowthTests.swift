import Basics
import Deltas
import TestSupport
import Testing

/// Numbers of what is added later, schemas that are put together, and their encoding.
struct SchemaGrowthTests {
  private func column(_ name: String, _ id: ColumnID? = nil) -> ColumnSchema {
    ColumnSchema(
      id: id ?? Schema.addedColumn(name, besides: []), name: name, declaredType: "TEXT",
      affinity: .text, isNotNull: false, collation: "BINARY")
  }

  private func schema(_ names: String...) -> Schema {
    var schema = SampleSchema.schema
    schema.tables[0].columns += names.map { column($0) }
    return schema
  }

  /// Other programs must come to the same numbers: docs/protocol.md says how.
  @Test func numbersFollowFromNamesWithoutRegardToCase() {
    #expect(Schema.addedColumn("Grade", besides: []) == Schema.addedColumn("gRADE", besides: []))
    #expect(Schema.addedColumn("grade", besides: []) != Schema.addedColumn("Größe", besides: []))
    var writer = ByteWriter()
    writer.writeLengthPrefixed("tributary added column")
    writer.writeLengthPrefixed("grade")
    let hash = ContentHash(of: writer.bytes).bytes
    let number = Schema.addedColumn("grade", besides: [])
    #expect(number.rawValue == 0x8000 | UInt16(hash[0]) << 8 | UInt16(hash[1]))
    let next = Schema.addedColumn("grade", besides: [number])
    #expect(next.rawValue == (number.rawValue == .max ? 0x8000 : number.rawValue + 1))
    #expect(Schema.addedTable("grade", besides: []).rawValue != number.rawValue)
  }

  @Test func theOrderOfAdditionsDoesNotMatter() {
    let (a, b, both) = (schema("one"), schema("two"), schema("one", "two"))
    #expect(a.extended(by: b).fingerprint == both.fingerprint)
    #expect(b.extended(by: a).fingerprint == both.fingerprint)
    #expect(both.extended(by: a) == both)
    #expect(SampleSchema.schema.extended(by: both) == both)
  }

  @Test func whatCannotBeHadBesideTheRestIsLeftOut() {
    var other = SampleSchema.schema
    other.tables[0].columns.append(column("NAME", ColumnID(40_000)))
    other.tables[1].keyColumns.reverse()
    other.tables[1].columns.append(column("more"))
    other.tables[2].name = "another"
    other.tables[2].columns.append(column("more"))
    #expect(SampleSchema.schema.extended(by: other) == SampleSchema.schema)
  }

  @Test func theSchemaWithMoreMigrationsNamesThings() {
    var later = SampleSchema.schema
    later.revision = 1
    later.tables[0].formerNames = ["customer"]
    later.tables[0].name = "client"
    later.tables[0].columns[1].formerNames = ["name"]
    later.tables[0].columns[1].name = "title"
    let earlier = schema("more")
    for result in [later.extended(by: earlier), earlier.extended(by: later)] {
      #expect(result.revision == 1)
      #expect(result.tables[0].name == "client")
      #expect(result.tables[0].columns.map(\.name) == ["id", "title", "city", "score", "more"])
    }
    #expect(later.fingerprint != SampleSchema.schema.fingerprint)
  }

  @Test func allOfItIsEncodedAndOnlyThenInAnotherFormat() throws {
    #expect(schema("one").encoded.first == 1)
    let changes: [(inout Schema) -> Void] = [
      { $0.revision = 3 }, { $0.tables[0].isDropped = true },
      { $0.tables[1].formerNames = ["a", "ß"] },
      { $0.tables[0].columns[1].defaultValue = .text("plain") },
      { $0.tables[0].columns[1].defaultValue = .null },
      { $0.tables[0].columns[1].formerNames = ["b"] },
      { $0.tables[0].columns[1].isDropped = true }, { $0.tables[0].columns[1].isRetyped = true },
    ]
    for change in changes {
      var changed = schema("one")
      change(&changed)
      #expect(changed.encoded.first == 2)
      #expect(try Schema(encoded: changed.encoded) == changed)
      for count in 0..<changed.encoded.count {
        #expect(throws: DeltaDecodingError.self) {
          try Schema(encoded: Array(changed.encoded.prefix(count)))
        }
      }
    }
  }
}
