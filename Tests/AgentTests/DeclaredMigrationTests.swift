import Agent
import BranchStore
import Clocks
import Deltas
import Hub
import HubStore
import Sessions
import Storage
import TestSupport
import Testing

/// Names and types that change: headquarters say what became of what, and branches of the old and
/// the new program go on with each other.
struct DeclaredMigrationTests {
  private static let sql = """
    CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, size TEXT NOT NULL, v);
    CREATE TABLE note(id INTEGER PRIMARY KEY, item INTEGER REFERENCES item, words TEXT);
    """
  private let world: AgentWorld
  private let a: AgentBranch
  private let b: AgentBranch

  init() throws {
    world = try AgentWorld(Self.sql)
    a = try world.join("a")
    b = try world.join("b")
    try a.run(
      """
      INSERT INTO item VALUES (1, 'one', '10', 1), (2, 'two', '20', 2);
      INSERT INTO note VALUES (1, 1, 'first')
      """)
    try world.settle(a, b)
  }

  private func read(_ sql: String) throws -> Schema {
    let path = world.folder.path("like \(sql.hashValue).db")
    let database = try Database(path: path, mode: .create)
    try database.executeScript(sql)
    return try SchemaReader.readWithDefaults(database, tables: nil)
  }

  private func texts(_ branch: AgentBranch, _ sql: String) throws -> [String] {
    try branch.rows(sql).map { $0[0].text }
  }

  private func expectNothingOpen() throws {
    for branch in [a, b] {
      #expect(try branch.store.outbox().isEmpty)
      #expect(try branch.store.deferredRows().isEmpty)
      #expect(try branch.store.gaps().isEmpty)
      #expect(try branch.store.ledger(openOnly: false).isEmpty)
    }
    #expect(try world.hubStore.check().allSatisfy(\.isOK))
  }

  @Test func renamedColumnsAndTablesAreOneThingUnderTwoNames() throws {
    let like = try read(
      """
      CREATE TABLE product(id INTEGER PRIMARY KEY, title TEXT, size TEXT NOT NULL, v);
      CREATE TABLE note(id INTEGER PRIMARY KEY, item INTEGER REFERENCES product, words TEXT);
      """)
    try world.hubStore.publish(
      like,
      by: SchemaMigration(renames: [
        .init(.init(table: "item"), to: "product"),
        .init(.init(table: "product", column: "name"), to: "title"),
      ]))
    // Neither program has it yet; then one has.
    try b.run("UPDATE item SET name = 'uno' WHERE id = 1")
    try world.settle(b, a)
    #expect(try texts(a, "SELECT name FROM item WHERE id = 1") == ["uno"])
    try a.run("ALTER TABLE item RENAME TO product; ALTER TABLE product RENAME name TO title")
    try a.run("UPDATE product SET title = 'dos' WHERE id = 2")
    try a.run("INSERT INTO product VALUES (3, 'three', '30', 3)")
    try b.run("INSERT INTO item VALUES (4, 'four', '40', 4); UPDATE item SET v = 9 WHERE id = 1")
    try world.settle(a, b)
    let all = ["1 uno 9", "2 dos 2", "3 three 3", "4 four 4"]
    #expect(try texts(a, "SELECT id || ' ' || title || ' ' || v FROM product ORDER BY id") == all)
    #expect(try texts(b, "SELECT id || ' ' || name || ' ' || v FROM item ORDER BY id") == all)
    try b.run("ALTER TABLE item RENAME name TO title; ALTER TABLE item RENAME TO product")
    try b.run("DELETE FROM product WHERE id = 3")
    try world.settle(b, a)
    #expect(try expectSame(a, b))
    try expectNothingOpen()
    #expect(world.hubStore.schema.revision == 1)
    #expect(world.hubStore.schema.tables.count == 2)
  }

  @Test func aColumnThatAProgramRenamesByItselfIsTheOneItWas() throws {
    try a.run("UPDATE item SET name = 'uno' WHERE id = 1")
    try a.run("ALTER TABLE item RENAME name TO \"the \"\"title\"")
    try a.run("ALTER TABLE item ADD COLUMN name TEXT; ALTER TABLE note RENAME TO remark")
    try a.run("UPDATE item SET \"the \"\"title\" = 'dos', name = 'new' WHERE id = 2")
    try a.run("INSERT INTO remark VALUES (2, 2, 'second')")
    try world.settle(a, b)
    #expect(try b.items() == ["1 uno", "2 dos"])
    #expect(try texts(b, "SELECT words FROM note ORDER BY id") == ["first", "second"])
    try b.run("UPDATE item SET name = 'eins' WHERE id = 1; DELETE FROM note WHERE id = 1")
    try world.settle(b, a)
    try a.restart()
    try world.settle(b, a)
    #expect(
      try texts(a, "SELECT \"the \"\"title\" FROM item ORDER BY id") == ["eins", "dos"])
    #expect(try texts(a, "SELECT words FROM remark") == ["second"])
    try expectNothingOpen()
    #expect(world.hubStore.schema.tables.map(\.name) == ["item", "note"])
  }

  @Test func aDroppedColumnIsNotWaitedForByAnybody() throws {
    let like = try read(
      """
      CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, v);
      CREATE TABLE note(id INTEGER PRIMARY KEY, item INTEGER REFERENCES item, words TEXT);
      """)
    try world.hubStore.publish(
      like, by: SchemaMigration(drops: [.init(table: "item", column: "size")]))
    try world.settle(a, b)
    // Nothing of ours names the column any more, so the program can drop it.
    try a.run("ALTER TABLE item DROP COLUMN size; INSERT INTO item VALUES (3, 'three', 3)")
    try b.run("UPDATE item SET size = '99', name = 'uno' WHERE id = 1")
    try world.settle(a, b)
    #expect(try a.items() == ["1 uno", "2 two", "3 three"])
    // The old program's column must have a value: it waits there, and says so.
    #expect(try b.store.deferredRows().count == 1)
    try b.run("ALTER TABLE item DROP COLUMN size")
    try world.settle(b, a)
    try world.settle(a, b)
    #expect(try b.items() == ["1 uno", "2 two", "3 three"])
    try expectNothingOpen()
    let c = try world.join("c")
    try world.settle(c)
    #expect(try c.items() == ["1 uno", "2 two", "3 three"])
    #expect(try c.rows("SELECT * FROM item").first?.count == 3)
  }

  @Test func aRetypedColumnIsWrittenByOldAndNewPrograms() throws {
    let product = "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, size INTEGER NOT NULL, v)"
    let like = try read(
      """
      \(product);
      CREATE TABLE note(id INTEGER PRIMARY KEY, item INTEGER REFERENCES item, words TEXT);
      """)
    try world.hubStore.publish(like, by: SchemaMigration())
    try world.settle(a, b)
    try a.run(
      """
      BEGIN; CREATE TABLE new(id INTEGER PRIMARY KEY, name TEXT, size INTEGER NOT NULL, v);
      INSERT INTO new SELECT * FROM item; DROP TABLE item; ALTER TABLE new RENAME TO item; COMMIT
      """)
    try world.settle(a, b)
    try a.run("UPDATE item SET size = size + 5 WHERE id = 1")
    try b.run("UPDATE item SET size = '27' WHERE id = 2; INSERT INTO item VALUES (3, 'c', '31', 0)")
    try world.settle(a, b)
    #expect(
      try a.rows("SELECT size FROM item ORDER BY id").map { $0[0] }
        == [.integer(15), .integer(27), .integer(31)])
    #expect(try texts(b, "SELECT size FROM item ORDER BY id") == ["15", "27", "31"])
    try expectNothingOpen()
  }

  @Test func aDroppedTableIsForgottenByWhoStillHasIt() throws {
    let like = try read(
      "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, size TEXT NOT NULL, v)")
    try world.hubStore.publish(like, by: SchemaMigration(drops: [.init(table: "note")]))
    try world.settle(a, b)
    try a.run("DROP TABLE note; UPDATE item SET name = 'uno' WHERE id = 1")
    try b.run("INSERT INTO note VALUES (2, 2, 'own'); UPDATE item SET name = 'dos' WHERE id = 2")
    try world.settle(a, b)
    #expect(try a.items() == ["1 uno", "2 dos"])
    #expect(try b.items() == ["1 uno", "2 dos"])
    #expect(try texts(b, "SELECT words FROM note ORDER BY id") == ["first", "own"])
    #expect(try a.store.outbox().isEmpty && b.store.outbox().isEmpty)
  }

  /// Whether the hub was restored from before a migration that a branch has seen.
  private func lacksMigration(_ branch: AgentBranch) throws -> Bool {
    guard case .refused(let refusal) = try branch.sync().outcome else { return false }
    return refusal.code == .schemaMismatch && refusal.message.contains("--revision 1")
  }

  @Test func aHubRestoredFromBeforeTheMigrationNeedsItDeclaredAgain() throws {
    try world.backUpHub("backup")
    try world.settle(a, b)
    let like = try read(
      """
      CREATE TABLE item(id INTEGER PRIMARY KEY, title TEXT, size TEXT NOT NULL, v);
      CREATE TABLE note(id INTEGER PRIMARY KEY, item INTEGER REFERENCES item, words TEXT);
      """)
    let migration = SchemaMigration(
      renames: [.init(.init(table: "item", column: "name"), to: "title")])
    try world.hubStore.publish(like, by: migration)
    try a.run("ALTER TABLE item RENAME name TO title")
    // The new program came before the word of it.
    try world.settle(b, a)
    try a.run("UPDATE item SET title = 'uno' WHERE id = 1")
    try world.settle(a, b)
    let schema = world.hubStore.schema
    try world.restoreHub("backup")
    #expect(try lacksMigration(a) && lacksMigration(b))
    #expect(world.hubStore.schema.revision == 0)
    try world.hubStore.publish(like, by: migration)
    try world.settle(b, a)
    #expect(world.hubStore.schema.fingerprint == schema.fingerprint)
    #expect(try texts(a, "SELECT title FROM item ORDER BY id") == ["uno", "two"])
    #expect(try texts(b, "SELECT name FROM item ORDER BY id") == ["uno", "two"])
    try expectNothingOpen()
  }

  @Test func whatWasDroppedOrRetypedIsSoAfterARestoreToo() throws {
    try world.backUpHub("backup")
    let like = try read(
      """
      CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, v TEXT);
      CREATE TABLE note(id INTEGER PRIMARY KEY, item INTEGER REFERENCES item, words TEXT);
      """)
    let migration = SchemaMigration(drops: [.init(table: "item", column: "size")])
    try world.hubStore.publish(like, by: migration)
    try world.settle(a, b)
    for branch in [a, b] {
      try branch.run(
        """
        BEGIN; CREATE TABLE new(id INTEGER PRIMARY KEY, name TEXT, v TEXT);
        INSERT INTO new SELECT id, name, v FROM item; DROP TABLE item;
        ALTER TABLE new RENAME TO item; COMMIT
        """)
    }
    try world.settle(a, b)
    try world.restoreHub("backup")
    try a.run("INSERT INTO item VALUES (3, 'three', '007')")
    #expect(try lacksMigration(a) && lacksMigration(b))
    try world.hubStore.publish(like, by: migration)
    try world.settle(a, b)
    for branch in [a, b] {
      #expect(try branch.items() == ["1 one", "2 two", "3 three"])
      #expect(try texts(branch, "SELECT v FROM item ORDER BY id") == ["1", "2", "007"])
    }
    try expectNothingOpen()
    #expect(try world.hubStore.lossCount() == 0)
  }

  @Test func whatMoreWasDeclaredThanARestoredHubKnowsIsCountedOn() throws {
    let like = try read(
      "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, size TEXT NOT NULL, v)")
    try world.backUpHub("backup")
    try world.hubStore.publish(like, by: SchemaMigration(drops: [.init(table: "note")]))
    try world.settle(a, b)
    try world.restoreHub("backup")
    #expect(try lacksMigration(a))
    // It was not what was wanted: the tables stay as they were before.
    let schema = try read(Self.sql)
    try world.hubStore.publish(schema, by: SchemaMigration(revisionMin: 1))
    try world.settle(b, a)
    try b.run("UPDATE item SET name = 'uno' WHERE id = 1; UPDATE note SET words = 'last'")
    try world.settle(b, a)
    #expect(try a.items() == ["1 uno", "2 two"])
    #expect(try texts(a, "SELECT words FROM note") == ["last"])
    try expectNothingOpen()
  }

  @Test func whatAProgramHasRenamedByItselfIsCompared() throws {
    try a.run("ALTER TABLE item RENAME name TO title; ALTER TABLE note RENAME TO remark")
    try world.settle(a, b)
    // Writes of our own connection are not captured.
    try a.store.database.executeScript(
      "UPDATE item SET title = 'hidden' WHERE id = 1; UPDATE remark SET words = 'lost'")
    let report = try a.sync(isComparingAll: true)
    #expect(report.repair?.sent.count == 2 && report.repair?.leftCount == 0)
    try world.settle(a, b)
    #expect(try b.items() == ["1 hidden", "2 two"])
    #expect(try texts(b, "SELECT words FROM note") == ["lost"])
    let (comparison, tables) = try a.compare()
    #expect(comparison.notCompared.isEmpty && tables.count == 2)
    let without = BranchComparison(database: a.application, schema: world.schema, isNaming: false)
    _ = try without.start()
    #expect(
      without.notCompared == [
        "Table “note” is not in this file.",
        "Column “name” of table “item” is not in this file.",
      ])
    try expectNothingOpen()
  }

  @Test func whatAMigrationAddsHasItsDefaultEverywhere() throws {
    let like = try read(
      "\(Self.sql) ALTER TABLE item ADD COLUMN grade TEXT NOT NULL DEFAULT 'plain'")
    try world.hubStore.publish(like, by: SchemaMigration())
    #expect(world.hubStore.schema.revision == 0)
    try b.run("INSERT INTO item VALUES (3, 'three', '30', 3)")
    try world.settle(a, b)
    try a.run("ALTER TABLE item ADD COLUMN grade TEXT NOT NULL DEFAULT 'plain'")
    try a.run("UPDATE item SET grade = 'gold' WHERE id = 3")
    try world.settle(a, b)
    let c = try world.join("c")
    try world.settle(c)
    #expect(try texts(c, "SELECT grade FROM item ORDER BY id") == ["plain", "plain", "gold"])
    #expect(try expectSame(a, c))
    try expectNothingOpen()
  }

  @Test func whatNobodyExplainsIsNotPublished() throws {
    let like = try read("CREATE TABLE item(id INTEGER PRIMARY KEY, title TEXT, size TEXT, v)")
    let before = world.hubStore.schema
    let migrations: [SchemaMigration] = [
      SchemaMigration(),
      SchemaMigration(drops: [.init(table: "note")]),
      SchemaMigration(
        renames: [.init(.init(table: "item", column: "name"), to: "titel")],
        drops: [.init(table: "note")]),
      SchemaMigration(drops: [.init(table: "note"), .init(table: "item", column: "size")]),
      SchemaMigration(drops: [.init(table: "nothing")]),
    ]
    for migration in migrations {
      #expect(throws: HubStoreError.self) {
        try world.hubStore.publish(like, by: migration)
      }
    }
    #expect(world.hubStore.schema == before)
    try world.hubStore.publish(
      like,
      by: SchemaMigration(
        renames: [.init(.init(table: "item", column: "name"), to: "title")],
        drops: [.init(table: "note")]))
    #expect(world.hubStore.schema.revision == 1)
  }
}
