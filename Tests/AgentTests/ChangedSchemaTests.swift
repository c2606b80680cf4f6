import Agent
import BranchStore
import Clocks
import Deltas
import Hub
import Sessions
import Storage
import TestSupport
import Testing

@testable import HubStore

/// Tables, columns of every kind, and columns that go.
struct ChangedSchemaTests {
  private let world: AgentWorld
  private let a: AgentBranch
  private let b: AgentBranch

  init() throws { (world, a, b) = try AgentWorld.withItems() }

  private func texts(_ branch: AgentBranch, _ sql: String) throws -> [String] {
    try branch.rows(sql).map { $0[0].text }
  }

  private func expectNothingOpen(_ branches: AgentBranch...) throws {
    for branch in branches {
      #expect(try branch.store.outbox().isEmpty)
      #expect(try branch.store.deferredRows().isEmpty)
      #expect(try branch.store.gaps().isEmpty)
    }
  }

  @Test func anAddedTableTravelsBeforeEverybodyHasIt() throws {
    let table = """
      CREATE TABLE visit(item INTEGER, day TEXT COLLATE NOCASE, note TEXT NOT NULL DEFAULT 'none',
        PRIMARY KEY (item, day)) WITHOUT ROWID
      """
    try a.run("\(table); INSERT INTO visit VALUES (1, 'Mon', 'first'), (2, 'Tue', 'second')")
    try world.settle(a, b)
    try a.run(
      """
      UPDATE visit SET note = 'later' WHERE item = 1;
      INSERT INTO visit(item, day) VALUES (3, 'Wed');
      DELETE FROM visit WHERE item = 2
      """)
    try world.settle(a, b)
    try a.run("ALTER TABLE visit ADD COLUMN stars INTEGER")
    try a.run("UPDATE visit SET stars = 5 WHERE item = 3")
    try world.settle(a, b)
    let later = "SELECT item || day || note FROM visit ORDER BY item"
    try b.run(table)
    try b.run("INSERT INTO visit VALUES (9, 'Sun', 'own')")
    try world.settle(b, a)
    #expect(try texts(b, later) == ["1Monlater", "3Wednone", "9Sunown"])
    #expect(try texts(a, later) == ["1Monlater", "3Wednone", "9Sunown"])
    try b.run("ALTER TABLE visit ADD COLUMN stars INTEGER")
    try world.settle(b, a)
    #expect(try b.rows("SELECT stars FROM visit WHERE item = 3") == [[.integer(5)]])
    #expect(try expectSame(a, b))
    try expectNothingOpen(a, b)
    #expect(try b.application.integer("SELECT count(*) FROM tributary_carried") == 0)
  }

  @Test func anyNumberOfCarriedRowsTakeTheirPlaces() throws {
    let table = "CREATE TABLE visit(id INTEGER PRIMARY KEY, day TEXT, note TEXT)"
    try a.run(
      """
      \(table); ALTER TABLE item ADD COLUMN grade TEXT;
      WITH RECURSIVE n(i) AS (SELECT 4 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
      INSERT INTO item SELECT i, 'x', i, 'g' || i FROM n;
      INSERT INTO visit SELECT id, 'day' || id, 'note' || id FROM item
      """)
    try world.settle(a, b)
    #expect(try b.application.integer("SELECT count(*) FROM tributary_carried") ?? 0 > 15_000)
    // One column of the table is still missing, and is carried on.
    try b.run("CREATE TABLE visit(id INTEGER PRIMARY KEY, day TEXT)")
    try b.run("ALTER TABLE item ADD COLUMN grade TEXT")
    try world.settle(b, a)
    #expect(try b.application.integer("SELECT count(*) FROM tributary_carried") == 5_000)
    #expect(
      try b.application.integer("SELECT count(*) FROM visit WHERE day = 'day' || id") == 5_000)
    try b.run("ALTER TABLE visit ADD COLUMN note TEXT")
    try world.settle(b, a)
    #expect(try b.application.integer("SELECT count(*) FROM tributary_carried") == 0)
    #expect(try expectSame(a, b))
    try expectNothingOpen(a, b)
  }

  @Test func tablesThatWereThereBeforeStayTheFilesOwn() throws {
    let c = try world.join("c", "\(AgentWorld.items); CREATE TABLE own(id INTEGER PRIMARY KEY)")
    try c.run("INSERT INTO own VALUES (1)")
    try world.settle(c, a)
    #expect(world.hubStore.schema.tables.map(\.name) == ["item"])
  }

  @Test func aColumnThatMustHaveAValueHasItEverywhere() throws {
    let add = "ALTER TABLE item ADD COLUMN stock INTEGER NOT NULL DEFAULT 7 CHECK (stock >= 0)"
    try a.run("\(add); UPDATE item SET stock = 3 WHERE id = 2")
    try world.settle(a, b)
    try b.run("INSERT INTO item VALUES (4, 'four', 4); UPDATE item SET name = 'uno' WHERE id = 1")
    try world.settle(b, a)
    #expect(
      try a.rows("SELECT id, stock FROM item ORDER BY id").map { $0[1] }
        == [.integer(7), .integer(3), .integer(7), .integer(7)])
    try b.run(add)
    try world.settle(b, a)
    #expect(try expectSame(a, b))
    try expectNothingOpen(a, b)
  }

  @Test func generatedColumnsAreComputedByWhoHasThem() throws {
    try a.run("ALTER TABLE item ADD COLUMN loud TEXT GENERATED ALWAYS AS (upper(name))")
    try a.run("ALTER TABLE item ADD COLUMN grade TEXT; UPDATE item SET grade = loud || '!'")
    try world.settle(a, b)
    try b.run("UPDATE item SET name = 'uno' WHERE id = 1")
    try world.settle(b, a)
    #expect(world.hubStore.schema.tables[0].columns.map(\.name) == ["id", "name", "v", "grade"])
    #expect(try texts(a, "SELECT loud || grade FROM item WHERE id = 1") == ["UNOONE!"])
    try b.run("ALTER TABLE item ADD COLUMN grade TEXT")
    try world.settle(b, a)
    #expect(try expectSame(a, b))
    try expectNothingOpen(a, b)
  }

  /// By the recipe of SQLite's manual, since a column that a trigger names cannot be dropped.
  private let rebuild = """
    BEGIN; CREATE TABLE new(id INTEGER PRIMARY KEY, name TEXT);
    INSERT INTO new SELECT id, name FROM item; DROP TABLE item;
    ALTER TABLE new RENAME TO item; COMMIT
    """

  @Test func aColumnThatOneProgramDropsLivesOnAtTheOthers() throws {
    try b.run(rebuild)
    try world.settle(b, a)
    try b.run("UPDATE item SET name = 'uno' WHERE id = 1; INSERT INTO item VALUES (4, 'four')")
    try a.run("UPDATE item SET v = 22 WHERE id = 2")
    try world.settle(b, a, b)
    #expect(
      try a.rows("SELECT v FROM item ORDER BY id").map { $0[0] }
        == [.integer(1), .integer(22), .integer(3), .null])
    #expect(try b.items() == ["1 uno", "2 two", "3 three", "4 four"])
    try expectNothingOpen(a, b)
    // Should it come back, so do its values, those from before it went too.
    try b.run("ALTER TABLE item ADD COLUMN v")
    try world.settle(b, a)
    #expect(try expectSame(a, b))
    #expect(
      try b.rows("SELECT v FROM item ORDER BY id").map { $0[0] }
        == [.integer(1), .integer(22), .integer(3), .null])
    try expectNothingOpen(a, b)
  }

  @Test func twoThingsOfOneNameAreNotMixed() throws {
    try a.run("ALTER TABLE item ADD COLUMN size TEXT; UPDATE item SET size = 'XL' WHERE id = 1")
    try a.run("CREATE TABLE tag(id INTEGER PRIMARY KEY, word TEXT)")
    try a.run("INSERT INTO tag VALUES (1, 'x')")
    try b.run("CREATE TABLE tag(word TEXT PRIMARY KEY); INSERT INTO tag VALUES ('y')")
    try world.settle(a, b)
    #expect(try texts(b, "SELECT word FROM tag") == ["y"])
    #expect(try b.items() == ["1 one", "2 two", "3 three"])
    try b.run("UPDATE item SET name = 'uno' WHERE id = 1")
    try world.settle(b, a)
    #expect(try a.items() == ["1 uno", "2 two", "3 three"])
    #expect(try b.store.outbox().isEmpty)
  }
}
