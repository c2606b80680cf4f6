import Agent
import BranchStore
import Clocks
import Deltas
import Sessions
import Storage
import TestSupport
import Testing

/// What comparing a database with the hub says, before and after it joins.
struct BranchComparisonTests {
  private static let sql = """
    CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, v);
    CREATE TABLE other(k TEXT PRIMARY KEY);
    """
  private let world: AgentWorld

  init() throws { world = try AgentWorld(Self.sql) }

  private func fill(_ rows: ClosedRange<Int>) -> String {
    """
    WITH RECURSIVE n(i) AS (SELECT \(rows.lowerBound) UNION ALL SELECT i + 1 FROM n
      WHERE i < \(rows.upperBound)) INSERT INTO item SELECT i, 'row ' || i, i FROM n;
    """
  }

  private func key(_ id: Int64) -> RowKey {
    RowKey(table: world.schema.tables[0].id, values: [.integer(id)])
  }

  @Test func equalRowsAreEqualWhateverTheirNumber() throws {
    let a = try world.join("a", Self.sql + fill(1...5_000))
    _ = try a.sync()
    let (comparison, tables) = try a.compare()
    #expect(tables.map(\.isEqual) == [true, true])
    #expect(tables[0].rowsHere == 5_000)
    #expect(tables[0].identicalCount == 5_000)
    #expect(comparison.isKnown(world.schema.tables[0].id, key: key(17).encoded))
  }

  @Test func everyDifferenceIsNamed() throws {
    let a = try world.join("a", Self.sql + fill(1...3_000))
    _ = try a.sync()
    // Behind capture's back.
    try a.store.detach()
    try a.run(
      """
      UPDATE item SET name = 'changed', v = NULL WHERE id = 7;
      DELETE FROM item WHERE id = 8;
      INSERT INTO item VALUES (9001, 'new', 1);
      INSERT INTO other VALUES ('only here');
      """)
    let (comparison, tables) = try a.compare()
    let item = tables[0]
    #expect(item.onlyHereCount == 1)
    #expect(item.onlyAtHubCount == 1)
    #expect(item.differentCount == 1)
    let differences = Dictionary(uniqueKeysWithValues: item.differences.map { ($0.key, $0.kind) })
    #expect(differences[key(8)] == .onlyAtHub)
    #expect(differences[key(9_001)] == .onlyHere)
    #expect(
      differences[key(7)]
        == .different([
          ColumnDifference(column: ColumnID(2), here: .text("changed"), atHub: .text("row 7")),
          ColumnDifference(column: ColumnID(3), here: .null, atHub: .integer(7)),
        ]))
    #expect(tables[1].onlyHereCount == 1)
    #expect(tables[1].differences.count == 1)
    for id: Int64 in [7, 9_001] {
      #expect(!comparison.isKnown(world.schema.tables[0].id, key: key(id).encoded))
    }
    #expect(comparison.isKnown(world.schema.tables[0].id, key: key(9).encoded))
  }

  @Test func anIdenticalCopyJoinsWithoutSendingAnything() throws {
    let a = try world.join("a", Self.sql + fill(1...3_000))
    _ = try a.sync()
    let b = try world.join("b", Self.sql + fill(1...3_000) + "INSERT INTO other VALUES ('b')")
    try b.store.detach()
    let (comparison, _) = try b.compare(isNaming: false)
    let c = try world.join(
      "c", Self.sql + fill(1...3_000) + "INSERT INTO other VALUES ('c')",
      isKnown: { comparison.isKnown($0, key: $1) })
    // The comparison was B's: of the second table the hub had nothing.
    #expect(try c.store.outbox().map(\.rowCount) == [1])
    let report = try c.sync()
    #expect(report.conflictsSettled == 0)
    #expect(try c.store.ledger(openOnly: false).isEmpty)
    _ = try a.sync()
    #expect(try expectSame(a, c))
  }

  @Test func twoBranchesThatJoinWithTheSameRowsHaveNoConflict() throws {
    let a = try world.join("a", Self.sql + fill(1...1_000))
    let b = try world.join("b", Self.sql + fill(1...1_000))
    for branch in [a, b, a] { _ = try branch.sync() }
    #expect(try expectSame(a, b))
    #expect(try a.store.ledger(openOnly: false).isEmpty)
    #expect(try b.store.ledger(openOnly: false).isEmpty)
  }
}
