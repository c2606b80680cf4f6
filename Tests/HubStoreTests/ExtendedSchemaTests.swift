import Basics
import Clocks
import Deltas
import Storage
import TestSupport
import Testing

@testable import HubStore

/// Columns and tables that branches add to a hub, and branches that do not have them.
struct ExtendedSchemaTests {
  private let hub: TestHub
  private let grade = Schema.addedColumn("grade", besides: [])

  init() throws {
    hub = try TestHub()
    var a = hub.branch(1)
    a.write([.insertCustomer(1, "Ada", at: 100), .insertCustomer(2, "Ben", at: 100)])
    try hub.store.push(a)
  }

  private func extended(
    _ name: String = "grade", default value: Value? = .text("plain"), type: String = "TEXT"
  ) -> Schema {
    var schema = SampleSchema.schema
    var column = ColumnSchema(
      id: Schema.addedColumn(name, besides: []), name: name, declaredType: type, affinity: .text,
      isNotNull: false, collation: "BINARY")
    column.defaultValue = value
    schema.tables[0].columns.append(column)
    return schema
  }

  private func grades() throws -> [[Value]] {
    try hub.database().rows("SELECT id, grade FROM customer ORDER BY id")
  }

  private func update(_ id: Int64, _ value: String, at time: Int64) -> RowChange {
    RowChange(
      key: .customer(id), kind: .update, columns: [grade], values: [.text(value)],
      milliseconds: time, base: nil)
  }

  @Test func anExtensionIsDurableAndRepeatable() throws {
    let schema = try hub.store.extend(by: extended())
    #expect(try hub.store.extend(by: extended()) == schema)
    #expect(try hub.store.extend(by: SampleSchema.schema) == schema)
    #expect(try hub.reopened().schema == schema)
    #expect(schema.fingerprint == extended().fingerprint)
    #expect(try grades() == [[.integer(1), .text("plain")], [.integer(2), .text("plain")]])
    #expect(schema.tables[0].createSQL.contains("grade"))
    #expect(try hub.store.check().allSatisfy(\.isOK))
  }

  @Test func anotherProcessSeesTheExtension() throws {
    let other = try hub.reopened()
    let schema = try hub.store.extend(by: extended())
    try other.noticeReplacement()
    #expect(other.schema == schema)
    var a = ImitatedBranch(
      replica: ReplicaID(2), schema: schema, generation: TestHub.generation)
    a.write([update(1, "gold", at: 200)])
    try other.push(a)
    #expect(try grades().first == [.integer(1), .text("gold")])
  }

  @Test func anInsertionWithoutTheColumnOverwritesNothingAndEverybodyIsTold() throws {
    try hub.store.extend(by: extended())
    var b = hub.branch(2)
    try hub.store.sync(&b)
    b.write([update(1, "gold", at: 300)])
    try hub.store.sync(&b)
    // The author knows nothing of the column.
    var c = ImitatedBranch(
      replica: ReplicaID(3), schema: SampleSchema.schema, generation: TestHub.generation)
    try hub.store.sync(&c)
    c.write([.insertCustomer(1, "Anna", at: 200), .insertCustomer(9, "Ida", at: 200)])
    try hub.store.sync(&c)
    try hub.store.sync(&b)
    #expect(
      try grades() == [
        [.integer(1), .text("gold")], [.integer(2), .text("plain")], [.integer(9), .text("plain")],
      ])
    for id: Int64 in [1, 9] {
      #expect(b.rows[.customer(id)] == (try hub.tables()[.customer(id)]))
      #expect(c.rows[.customer(id)] == (try hub.tables()[.customer(id)]))
    }
    // A value that was written without having seen the new row stands: the default is nobody's.
    try hub.store.sync(&b)
    b.write([update(9, "tin", at: 1)])
    try hub.store.sync(&b)
    #expect(try grades().last == [.integer(9), .text("tin")])
    #expect(try hub.store.conflicts(openOnly: false).isEmpty)
  }

  @Test func rowsThatWereDeletedBeforeComeBackWithTheDefault() throws {
    var b = hub.branch(2)
    try hub.store.sync(&b)
    var c = hub.branch(3)
    try hub.store.sync(&c)
    b.write([.delete(.customer(1), at: 200)])
    try hub.store.sync(&b)
    try hub.store.extend(by: extended())
    // Nobody had told this branch of the deletion.
    c.write([.update(.customer(1), [2: .text("Anna")], at: 300)])
    try hub.store.sync(&c)
    #expect(try grades().first == [.integer(1), .text("plain")])
    try hub.store.sync(&b)
    #expect(b.rows[.customer(1)] == (try hub.tables()[.customer(1)]))
  }

  @Test func theSameByShortcutsAndByTheMergeCore() throws {
    let slow = try TestHub()
    slow.store.takesShortcuts = false
    var a = slow.branch(1)
    a.write([.insertCustomer(1, "Ada", at: 100), .insertCustomer(2, "Ben", at: 100)])
    try slow.store.push(a)
    for hub in [hub, slow] {
      try hub.store.extend(by: extended())
      var b = hub.branch(2)
      try hub.store.sync(&b)
      b.write([update(1, "gold", at: 300), update(2, "tin", at: 300)])
      try hub.store.sync(&b)
      var c = ImitatedBranch(
        replica: ReplicaID(3), schema: SampleSchema.schema, generation: TestHub.generation)
      c.write([.insertCustomer(1, "Anna", at: 400), .insertCustomer(3, "Cid", at: 200)])
      try hub.store.sync(&c)
      c.write([.delete(.customer(3), at: 500)])
      try hub.store.sync(&c)
      c.write([.insertCustomer(3, "Dan", at: 600)])
      try hub.store.sync(&c)
    }
    #expect(try hub.tables() == slow.tables())
    #expect(try grades().map { $0[1] } == [.text("gold"), .text("tin"), .text("plain")])
  }

  @Test func whatABranchWritesIsNoStatement() throws {
    let names = ["x\"; DROP TABLE customer; --", "a b", "select", "naïve"]
    for name in names {
      let type = "TEXT); DROP TABLE voucher; --"
      let value = Value.text("'); DROP TABLE membership; --\"")
      let schema = try hub.store.extend(by: extended(name, default: value, type: type))
      #expect(schema.tables[0].columns.contains { $0.name == name })
    }
    #expect(try hub.tables().values.allSatisfy { $0.count == 3 + names.count })
    var table = SampleSchema.schema.tables[2]
    table.id = Schema.addedTable("tributary_log", besides: [])
    table.name = "tributary_log"
    var schema = SampleSchema.schema
    schema.tables.append(table)
    let before = hub.store.schema
    #expect(try hub.store.extend(by: schema) == before)
    #expect(try hub.store.check().allSatisfy(\.isOK))
  }

  /// Membership under another name, with numbers that follow from names.
  private func table(_ name: String) -> TableSchema {
    var table = SampleSchema.schema.tables[1]
    table.id = Schema.addedTable(name, besides: [])
    table.name = name
    for index in table.columns.indices {
      table.columns[index].id = Schema.addedColumn(table.columns[index].name, besides: [])
    }
    table.keyColumns = table.columns.map(\.id)
    return table
  }

  @Test func whatCannotBePlacedIsLeftOutAndTheRestIsTaken() throws {
    var schema = extended()
    var column = schema.tables[0].columns[4]
    let others = [("own", "PROGRAMS OWN"), ("tributary_x", "BINARY"), ("last", "NOCASE")]
    for (name, collation) in others {
      column.id = Schema.addedColumn(name, besides: [])
      column.name = name
      column.collation = collation
      schema.tables[0].columns.insert(column, at: 4)
    }
    var strange = table("strange")
    strange.columns[1].collation = "PROGRAMS OWN"
    var twice = table("twice")
    twice.columns[1].name = "CUSTOMER"
    schema.tables += [strange, twice, table("sqlite_own"), table("visit")]
    let result = try hub.store.extend(by: schema)
    #expect(
      result.tables[0].columns.map(\.name) == ["id", "name", "city", "score", "last", "grade"])
    #expect(result.tables.count == 4 && result.table(named: "visit") != nil)
    #expect(try hub.reopened().schema == result)
    #expect(try grades().count == 2)
    // Told again, it is the same again.
    #expect(try hub.store.extend(by: schema) == result)
    #expect(try hub.store.check().allSatisfy(\.isOK))
  }

  @Test func whatIsTooMuchIsLeftOut() throws {
    var schema = extended()
    schema.tables[0].columns[4].defaultValue = .text([UInt8](repeating: 65, count: 2 << 20))
    var column = extended("small").tables[0].columns[4]
    column.defaultValue = nil
    schema.tables[0].columns.append(column)
    schema.tables.append(table("visit"))
    let result = try hub.store.extend(by: schema)
    #expect(result.tables[0].columns.map(\.name) == ["id", "name", "city", "score", "small"])
    #expect(result.table(named: "visit") != nil)
    #expect(try hub.reopened().schema == result)
  }

  @Test func aBranchDeclaresNoMigration() throws {
    var schema = extended()
    schema.revision = DeltaLimits.ordinalMax
    schema.otherSQL = ["CREATE TRIGGER evil AFTER INSERT ON customer BEGIN SELECT 1; END"]
    // Nothing that both have is otherwise: what is new comes in, and nothing else.
    let result = try hub.store.extend(by: schema)
    #expect(result.revision == 0 && result.otherSQL == SampleSchema.schema.otherSQL)
    #expect(result.tables[0].columns.count == 5)
    let changes: [(inout TableSchema) -> Void] = [
      { $0.isDropped = true }, { $0.columns[1].isDropped = true },
      { $0.columns[1].name = "title" }, { $0.columns[1].collation = "NOCASE" },
    ]
    for change in changes {
      var other = schema
      change(&other.tables[0])
      let error = #expect(throws: HubStoreError.self) { try hub.store.extend(by: other) }
      #expect(error?.message.contains("--revision \(DeltaLimits.ordinalMax)") == true)
    }
    var other = schema
    other.tables[1].keyColumns.reverse()
    #expect(try hub.store.extend(by: other) == result)
    #expect(hub.store.schema == result)
  }

  @Test func aTableIsMadeFromItsColumnsAlone() throws {
    var table = table("visit")
    table.createSQL = "DROP TABLE customer"
    var schema = SampleSchema.schema
    schema.tables.append(table)
    let result = try hub.store.extend(by: schema)
    #expect(result.tables.last?.createSQL.hasPrefix("CREATE TABLE \"visit\"") == true)
    #expect(try hub.database().integer("SELECT count(*) FROM visit") == 0)
    // Another table of that name, with another key, does not come in.
    schema.tables[schema.tables.count - 1].keyColumns.removeLast()
    #expect(try hub.store.extend(by: schema) == result)
  }
}
