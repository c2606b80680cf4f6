import BranchStore
import Clocks
import Deltas
import Foundation
import Merging
import Storage
import TestSupport
import Testing

/// The policy that a hub tells, in the branch's file.
struct PolicyTests {
  private static let cards = """
    CREATE TABLE card(id INTEGER PRIMARY KEY, owner TEXT, points INTEGER, visits);
    """

  private func branch(_ more: String = "") throws -> TestBranch {
    let branch = try TestBranch(Self.cards + more)
    try branch.run("INSERT INTO card VALUES (1, 'Ann', 100, 0)")
    try branch.seal()
    return branch
  }

  private func capture(_ branch: TestBranch) throws -> [[Value]] {
    try branch.rows(
      "SELECT name, sql FROM sqlite_schema WHERE name LIKE 'tributary_1_%' "
        + "OR name LIKE 'tributary_journal%' ORDER BY name")
  }

  /// The format version of each changeset in the outbox.
  private func versions(_ branch: TestBranch) throws -> [UInt8] {
    try branch.streams().map { try Streams.frames($0)[0].payload[0] }
  }

  @Test func aPolicyIsKept() throws {
    let branch = try branch()
    #expect(try branch.store.policy().version == 0)
    #expect(try branch.store.policy().policy == MergePolicy())
    try branch.adopt([3: .counter], version: 7)
    for store in [branch.store, try BranchStore(path: branch.path)] {
      let policy = try store.policy()
      #expect(policy.version == 7)
      #expect(policy.contentHash == policy.policy.contentHash)
      #expect(policy.policy.countsOperations(table: TableID(1), column: ColumnID(3)))
    }
    try branch.adopt([3: .counter], version: 8)
    #expect(try branch.store.policy().version == 8)
  }

  /// What was written before a column counted stands for itself, and so does what is written after
  /// it has ceased to.
  @Test func writesAreSealedUnderThePolicyThatTheyWereMadeUnder() throws {
    let branch = try branch()
    func write(_ visits: String) throws {
      try branch.run("UPDATE card SET points = points + 1, visits = \(visits)")
    }
    try write("0")
    #expect(try branch.adopt([3: .counter]).rowCount == 1)
    try write("0")
    #expect(try branch.adopt([3: .counter, 4: .set], version: 2).rowCount == 1)
    try write("'[]'")
    #expect(try branch.adopt([4: .set], version: 3).rowCount == 1)
    try write("'[1]'")
    try branch.adopt([:], version: 4)
    try write("'[2]'")
    try branch.seal()
    let changes = try branch.outgoing().map(\.brief).joined(separator: "; ")
    #expect(
      changes == """
        insert 1 c2='Ann' c3=100 c4=0; update 1 c3=101; update 1 c3=101→102; \
        update 1 c3=102→103 c4=0→'[]'; update 1 c3=104 c4='[]'→'[1]'; \
        update 1 c3=105 c4='[2]'
        """)
    #expect(try versions(branch) == [1, 1, 3, 3, 3, 1])
  }

  /// Where nothing counts, nothing of it is in the file or on the wire.
  @Test func capturePutsOnOnlyWhatThePolicyNeeds() throws {
    let branch = try branch()
    let plain = try capture(branch)
    try branch.adopt([2: .first, 3: .greatest], units: [])
    #expect(try capture(branch) == plain)
    try branch.adopt([3: .counter], version: 2)
    let counting = try capture(branch)
    let changed = counting.filter { !plain.contains($0) }.map { $0[0] }
    let expected = ["tributary_1_o", "tributary_1_u3", "tributary_journal_1"]
    #expect(changed == expected.map { .text($0) })
    try branch.adopt([4: .counter], version: 3)
    #expect(try capture(branch) != counting)
    try branch.adopt([:], version: 4)
    #expect(try capture(branch) == plain)
    try branch.run("UPDATE card SET points = points + 1")
    #expect(try branch.sealed().map(\.brief) == ["update 1 c3=101"])
    #expect(try versions(branch).last == 1)
  }

  @Test func theSamePolicyAgainChangesNothing() throws {
    let branch = try branch()
    try branch.adopt([3: .counter])
    let before = try branch.rows("PRAGMA schema_version")
    try branch.run("UPDATE card SET points = 0")
    #expect(try branch.adopt([3: .counter]).rowCount == 0)
    #expect(try branch.rows("PRAGMA schema_version") == before)
    #expect(try branch.store.metadata().journaledCount == 1)
  }

  @Test func bytesThatAreNoPolicyAreRefused() throws {
    let branch = try branch()
    try branch.adopt([3: .counter], version: 5)
    let good = try MergePolicy(tables: [TableID(1): TablePolicy(rules: [ColumnID(4): .counter])])
      .encoded
    for count in 0..<good.count {
      let error = #expect(throws: BranchStoreError.self) {
        try branch.store.adopt(
          policy: Array(good.prefix(count)), version: 6, wallMilliseconds: 5_000)
      }
      #expect(error?.message.contains("merge policy") == true)
    }
    #expect(try branch.store.policy().version == 5)
    try branch.run("UPDATE card SET points = points + 1")
    #expect(try branch.sealed().map(\.brief) == ["update 1 c3=100→101"])
  }

  /// A rule of the program that embeds the branch.
  private struct Largest: ChoosingRule {
    var name: String { "largest deal" }
    func stands(_ left: CellVersion, over right: CellVersion) -> Bool {
      Value.precedes(right.value, left.value)
    }
    func explanation(_ standing: CellVersion, over rival: CellVersion) -> MergeExplanation {
      .custom("The larger deal stands.")
    }
  }

  @Test func aRuleThatTheProgramDoesNotKnowIsNamed() throws {
    let branch = try branch()
    var registry = RuleRegistry.standard
    try registry.register(Largest())
    let policy = try MergePolicy(
      tables: [TableID(1): TablePolicy(rules: [ColumnID(3): RuleReference("largest deal")])],
      registry: registry)
    let error = #expect(throws: BranchStoreError.self) {
      try branch.store.adopt(policy: policy.encoded, version: 1, wallMilliseconds: 5_000)
    }
    #expect(error?.message.contains("“largest deal”") == true)
    let knowing = try BranchStore(path: branch.path, registry: registry)
    _ = try knowing.adopt(policy: policy.encoded, version: 1, wallMilliseconds: 5_000)
    // Another program opens the file, looks at it, and seals nothing that it does not understand.
    let other = try BranchStore(path: branch.path)
    #expect(try other.status().pendingChangesetCount == 1)
    #expect(throws: BranchStoreError.self) { try other.seal(wallMilliseconds: 5_000) }
    #expect(try knowing.seal(wallMilliseconds: 5_000).repairedTriggers.isEmpty)
  }

  /// Two processes with the file open: the one follows what the other has adopted.
  @Test func anotherProcessFollows() throws {
    let branch = try branch()
    let other = try BranchStore(path: branch.path)
    try branch.adopt([3: .counter], units: [[2, 4]])
    let counting = try capture(branch)
    try branch.run("UPDATE card SET points = points + 1, owner = 'Bo'")
    #expect(try other.check().allSatisfy(\.isOK))
    #expect(try other.seal(wallMilliseconds: 5_000).repairedTriggers.isEmpty)
    #expect(try capture(branch) == counting)
    #expect(try branch.outgoing().last?.brief == "update 1 c2='Bo' c3=100→101 c4=0")
    try branch.adopt([:], version: 2)
    #expect(try other.repairTriggers().isEmpty)
  }

  @Test func missingAndAlteredTriggersAreMadeAnewAsThePolicyHasThem() throws {
    let branch = try branch()
    let plain = try capture(branch)
    try branch.adopt([3: .counter])
    let counting = try capture(branch)
    guard case .text(let sql)? = plain.first(where: { $0[0] == .text("tributary_1_u3") })?[1] else {
      throw CancellationError()
    }
    try branch.run("DROP TRIGGER tributary_1_u3; \(String(decoding: sql, as: UTF8.self))")
    #expect(try branch.store.check().count { !$0.isOK } == 1)
    #expect(try branch.store.repairTriggers() == ["tributary_1_u3"])
    #expect(try capture(branch) == counting)
    try branch.run("DROP TRIGGER tributary_1_d; DROP TRIGGER tributary_1_u3")
    // A change of policy comes to the same.
    let report = try branch.adopt([3: .counter, 4: .counter], version: 2)
    #expect(report.repairedTriggers == ["tributary_1_d", "tributary_1_u3"])
    #expect(report.gapTables.count == 1)
    #expect(try branch.store.check().allSatisfy(\.isOK))
  }

  /// Rows too large to travel stay in the journal, and go whole once they are smaller.
  @Test func whatIsLeftInTheJournalStaysThere() throws {
    let branch = try branch()
    try branch.run("UPDATE card SET owner = zeroblob(34000000)")
    #expect(try branch.adopt([3: .counter]).leftOut.count == 1)
    try branch.run("UPDATE card SET points = 101")
    #expect(try branch.adopt([:], version: 2).leftOut.count == 1)
    try branch.run("UPDATE card SET owner = 'Bo'")
    #expect(try branch.sealed().map(\.brief) == ["insert 1 c2='Bo' c3=101 c4=0"])
  }

  @Test func whatIsBrokenInTheApplicationsSchemaIsNotInTheWay() throws {
    let branch = try branch("CREATE TABLE gone(a); CREATE VIEW broken AS SELECT a FROM gone;")
    try branch.run("DROP TABLE gone")
    try branch.adopt([3: .counter])
    try branch.adopt([:], version: 2)
    #expect(try branch.store.check().allSatisfy(\.isOK))
  }

  /// The policy may know tables and columns that the branch's schema has not yet.
  @Test func whatTheSchemaDoesNotHaveIsPassedOver() throws {
    let branch = try branch()
    let table = TablePolicy(
      rules: [ColumnID(3): .counter, ColumnID(40): .counter],
      units: [.init(columns: [ColumnID(2), ColumnID(50)])])
    let policy = try MergePolicy(
      tables: [TableID(1): table, TableID(9): TablePolicy(rule: .counter)])
    _ = try branch.store.adopt(policy: policy.encoded, version: 1, wallMilliseconds: 5_000)
    try branch.run("UPDATE card SET points = points + 1, owner = 'Bo'")
    #expect(try branch.sealed().map(\.brief) == ["update 1 c2='Bo' c3=100→101"])
  }

  @Test func leavingTakesThePolicyAlong() throws {
    let branch = try branch()
    try branch.adopt([3: .counter])
    try branch.store.detach()
    #expect(
      try branch.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'tributary%'").isEmpty)
  }

  // MARK: Units

  @Test func aUnitTravelsWhole() throws {
    let branch = try TestBranch(
      "CREATE TABLE place(id INTEGER PRIMARY KEY, street TEXT, city TEXT, postcode TEXT, note, n)")
    try branch.adopt([6: .counter], units: [[2, 3, 4]])
    try branch.run("INSERT INTO place VALUES (1, 's', 'c', 'p', NULL, 0)")
    try branch.seal()
    func brief(after sql: String) throws -> [String] {
      try branch.run(sql)
      return try branch.sealed().map(\.brief)
    }
    #expect(
      try brief(after: "UPDATE place SET city = 'd'") == ["update 1 c2='s' c3='d' c4='p'"])
    #expect(
      try brief(after: "UPDATE place SET postcode = 'q', street = 't', note = 1, n = 1")
        == ["update 1 c2='t' c3='d' c4='q' c5=1 c6=0→1"])
    #expect(try brief(after: "UPDATE place SET note = 2") == ["update 1 c5=2"])
  }

  /// Its time is that of the last of its columns that was written.
  @Test func aUnitHasOneTime() throws {
    let branch = try TestBranch(
      "CREATE TABLE place(id INTEGER PRIMARY KEY, street TEXT, city TEXT, postcode TEXT, note)")
    try branch.adopt([:], units: [[2, 3, 4]])
    try branch.run("INSERT INTO place VALUES (1, 's', 'c', 'p', NULL)")
    try branch.seal()
    try branch.run(
      """
      UPDATE place SET postcode = 'q', note = 1; UPDATE place SET street = 't';
      UPDATE tributary_journal_1 SET wall = 2440587.5 + change * 100 / 86400000.0;
      """)
    let changes = try branch.sealed()
    #expect(changes.map(\.brief) == ["update 1 c2='t' c3='c' c4='q'", "update 1 c5=1"])
    #expect(changes.map(\.milliseconds) == [500, 600])
  }
}
