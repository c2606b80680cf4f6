import Deltas
import Foundation
import Merging
import Storage
import TestSupport
import Testing

@testable import BranchStore

/// The SQL is as it was meant to be, and SQLite takes all of it.
struct BranchSQLTests {
  private static let schemaSQL = """
    CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT, extra);
    CREATE TABLE "订 单"("编""号" TEXT COLLATE NOCASE, line BLOB, amount REAL,
      PRIMARY KEY("编""号", line));
    CREATE TABLE only(k TEXT PRIMARY KEY) WITHOUT ROWID;
    """

  @Test func everyStatementPrepares() throws {
    let branch = try TestBranch(Self.schemaSQL)
    let database = branch.store.database
    let constants = [
      BranchSQL.isBranch, BranchSQL.isEmptyFile, BranchSQL.schemaVersion, BranchSQL.quickCheck,
      BranchSQL.ownObjects, BranchSQL.ownTriggers, BranchSQL.deletingTriggers,
      BranchSQL.insertState, BranchSQL.selectFormat, BranchSQL.selectState, BranchSQL.updateState,
      BranchSQL.updateHubURL, BranchSQL.insertSchema, BranchSQL.selectSchema,
      BranchSQL.raiseVector, BranchSQL.setName, BranchSQL.selectVector, BranchSQL.selectNames,
      BranchSQL.insertOutgoing, BranchSQL.selectOutgoing, BranchSQL.selectOutgoingHash,
      BranchSQL.deleteOutgoing, BranchSQL.pendingOutgoing, BranchSQL.insertPiece,
      BranchSQL.selectPiece, BranchSQL.deletePieces, BranchSQL.insertDeferred,
      BranchSQL.lastDeferred, BranchSQL.hasDeferred, BranchSQL.selectDeferredBase,
      BranchSQL.selectDeferredChanges, BranchSQL.selectDeferredRows, BranchSQL.deleteDeferred,
      BranchSQL.setDeferredReason, BranchSQL.countQuarantined, BranchSQL.putConflict,
      BranchSQL.selectConflicts, BranchSQL.selectConflictsInState,
      BranchSQL.countConflictsInState,
    ]
    for sql in constants { _ = try database.prepare(sql) }
    for table in branch.schema.tables {
      for sql in BranchSQL.createGuard(table) { try database.executeScript(sql) }
      for sql in [
        BranchSQL.hasJournalEntries(table), BranchSQL.hasJournalDeletions(table),
        BranchSQL.selectJournal(table), BranchSQL.selectJournal(table, deletionsOnly: true),
        BranchSQL.pendingInJournal(table), BranchSQL.selectJournalOfKey(table),
        BranchSQL.appendToJournal(table), BranchSQL.emptyJournal(table),
        BranchSQL.countNullKeys(table), BranchSQL.allowDeletion(table),
        BranchSQL.allowNoDeletion(table),
      ] { _ = try database.prepare(sql) }
      for sql in BranchSQL.dropGuard(table) { try database.executeScript(sql) }
    }
  }

  /// Every byte of the triggers is in other people's files: a change of them is a change of format.
  @Test func captureTriggersAreTheseAndNoOthers() throws {
    try check(try TestBranch(Self.schemaSQL), "capture-triggers.sql")
  }

  /// The same where columns count: other triggers for those, another journal for their table, and
  /// nothing else.
  @Test func countingTriggersAreTheseAndNoOthers() throws {
    let branch = try TestBranch(Self.schemaSQL)
    let policy = try MergePolicy(tables: [
      TableID(1): TablePolicy(rules: [ColumnID(3): .counter]),
      TableID(3): TablePolicy(rules: [ColumnID(3): .counter]),
    ])
    _ = try branch.store.adopt(policy: policy.encoded, version: 1, wallMilliseconds: 5_000)
    try check(branch, "capture-triggers-counted.sql")
  }

  private func check(_ branch: TestBranch, _ file: String) throws {
    let written =
      try branch.store.tables.flatMap {
        [BranchSQL.createJournal($0)]
          + (try BranchStore.triggers(of: $0, in: branch.application)).map(\.sql)
      }.joined(separator: ";\n") + ";\n"
    if GoldenFile.isWriting {
      try written.write(to: fixture(file), atomically: true, encoding: .utf8)
    }
    let expected = try String(contentsOf: fixture(file), encoding: .utf8)
    #expect(written == expected)
    let inFile = try branch.rows(
      """
      SELECT sql FROM sqlite_schema
      WHERE type = 'trigger' OR name LIKE 'tributary_journal%' ORDER BY sql
      """)
    let statements = written.components(separatedBy: ";\nCREATE").enumerated().map { index, sql in
      (index == 0 ? "" : "CREATE") + (sql.hasSuffix(";\n") ? String(sql.dropLast(2)) : sql)
    }
    let expectedInFile = statements.map { Value.text($0) }.sorted(by: Value.precedes)
    #expect(inFile.flatMap { $0 } == expectedInFile)
  }
}
