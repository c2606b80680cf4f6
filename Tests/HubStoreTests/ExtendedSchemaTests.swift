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
    #expect(throws: HubStoreError.self) { try hub.store.extend(by: schema) }
    #expect(try hub.store.check().allSatisfy(\.isOK))
  }

  @Test func aTableIsMadeFromItsColumnsAlone() throws {
    var table = SampleSchema.schema.tables[1]
    table.id = Schema.addedTable("visit", besides: [])
    table.name = "visit"
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
