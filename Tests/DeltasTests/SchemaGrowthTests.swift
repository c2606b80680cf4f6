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

  private func extended(_ schema: Schema, by other: Schema) -> Schema {
    var result = schema
    for addition in schema.additions(in: other) { result.add(addition) }
    return result
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
    #expect(extended(a, by: b).fingerprint == both.fingerprint)
    #expect(extended(b, by: a).fingerprint == both.fingerprint)
    #expect(extended(both, by: a) == both)
    #expect(extended(SampleSchema.schema, by: both) == both)
  }

  @Test func whatCannotBeHadBesideTheRestIsLeftOut() {
    var other = SampleSchema.schema
    other.tables[0].columns.append(column("NAME", ColumnID(40_000)))
    other.tables[1].keyColumns.reverse()
    other.tables[1].columns.append(column("more"))
    other.tables[2].name = "another"
    other.tables[2].columns.append(column("more"))
    other.tables[2].columns.append(column("low", ColumnID(9)))
    var table = SampleSchema.schema.tables[0]
    table.id = TableID(9)
    table.name = "low"
    other.tables.append(table)
    #expect(SampleSchema.schema.additions(in: other).isEmpty)
  }

  @Test func whatBothHaveStaysAsItIsWhateverTheOtherSaysOfIt() {
    var later = SampleSchema.schema
    later.revision = 1
    later.tables[0].formerNames = ["customer"]
    later.tables[0].name = "client"
    later.tables[0].columns[1].formerNames = ["name"]
    later.tables[0].columns[1].name = "title"
    later.otherSQL = ["DROP TABLE voucher"]
    let earlier = schema("more")
    let names = extended(later, by: earlier).tables[0].columns.map(\.name)
    #expect(names == ["id", "title", "city", "score", "more"])
    later.tables[0].columns.append(column("less"))
    let result = extended(earlier, by: later)
    #expect(result.revision == 0 && result.otherSQL.isEmpty)
    #expect(result.tables[0].name == "customer")
    #expect(
      result.tables[0].columns.map(\.name) == ["id", "name", "city", "score", "more", "less"])
    #expect(later.fingerprint != SampleSchema.schema.fingerprint)
  }

  @Test func aMigrationThatIsLackedIsNoticed() {
    let earlier = schema("more")
    let changes: [(inout Schema) -> Void] = [
      { $0.tables[0].name = "client" }, { $0.tables[1].isDropped = true },
      { $0.tables[0].columns[1].name = "title" }, { $0.tables[0].columns[1].isDropped = true },
      { $0.tables[0].columns[1].affinity = .blob },
      { $0.tables[0].columns[1].collation = "NOCASE" },
    ]
    for change in changes {
      var later = SampleSchema.schema
      later.revision = 2
      #expect(!earlier.lacksMigration(of: later))
      change(&later)
      #expect(earlier.lacksMigration(of: later) && !later.lacksMigration(of: earlier))
      later.revision = 0
      #expect(!earlier.lacksMigration(of: later))
    }
  }

  @Test func revisionsAreBoundedAndCountOn() throws {
    var schema = schema("one")
    schema.revision = DeltaLimits.ordinalMax + 1
    #expect(throws: DeltaDecodingError.self) { try Schema(encoded: schema.encoded) }
    schema.revision = DeltaLimits.ordinalMax
    var like = schema
    like.tables[0].columns[1].name = "title"
    let rename = SchemaMigration.Rename(.init(table: "customer", column: "name"), to: "title")
    let next = try schema.migrated(like: like, by: SchemaMigration(renames: [rename]))
    #expect(next.revision == DeltaLimits.ordinalMax)
    schema.revision = 3
    #expect(try schema.migrated(like: schema, by: SchemaMigration()).revision == 3)
    #expect(
      try schema.migrated(like: schema, by: SchemaMigration(revisionMin: 7)).revision == 7)
  }

  @Test func anotherDefaultOrDropIsAnotherSchema() {
    var other = schema("one")
    other.tables[0].columns[4].defaultValue = .text("plain")
    #expect(other.fingerprint != schema("one").fingerprint)
    var third = other
    third.tables[0].columns[4].defaultValue = .text("gold")
    #expect(other.fingerprint != third.fingerprint)
    // A restored hub may count another migration by the same number.
    let changes: [(inout Schema) -> Void] = [
      { $0.tables[0].isDropped = true }, { $0.tables[1].isDropped = true },
      { $0.tables[0].columns[1].isDropped = true }, { $0.tables[0].columns[2].isDropped = true },
      { _ in },
    ]
    for revision: UInt64 in [0, 1] {
      let fingerprints = changes.map { change in
        var changed = schema("one")
        changed.revision = revision
        change(&changed)
        return changed.fingerprint
      }
      #expect(Set(fingerprints).count == changes.count)
    }
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
