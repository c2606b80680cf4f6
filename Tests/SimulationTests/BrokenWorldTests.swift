import Basics
import Deltas
import Foundation
import Storage
import Testing

@testable import Simulation

/// Worlds that are broken while they run, on their real files, and must be noticed.
struct BrokenWorldTests {
  private func outcome(
    seed: UInt64, breaking breakIt: @escaping (Simulator, Int) throws -> Void
  ) throws -> SimulationOutcome {
    let folder = "\(SimulationRunner.fastestFolder)/tributary-test-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let simulator = try Simulator(seed: seed, folder: folder)
    simulator.onEvent = { [unowned simulator] in try breakIt(simulator, $0) }
    return simulator.run()
  }

  private func execute(_ sql: String, _ path: String) throws {
    try Database(path: path, mode: .readWrite).executeScript(sql)
  }

  private func branchPath(_ simulator: Simulator) throws -> String {
    try #require(simulator.branches.values.min { $0.replica < $1.replica }).path
  }

  @Test func aBranchWhoseTriggersAreGoneIsNoticed() throws {
    let found = try outcome(seed: 2) { simulator, event in
      guard event == 40 else { return }
      let path = try branchPath(simulator)
      let triggers = try Database(path: path, mode: .readOnly).rows(
        "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'tributary%'")
      for trigger in triggers { try execute("DROP TRIGGER \"\(trigger[0].shown)\"", path) }
    }.violations
    #expect(found.contains { $0.checker == "Capture" })
  }

  @Test func aRowThatSomebodyChangesAtTheHubIsNoticed() throws {
    let found = try outcome(seed: 1) { simulator, event in
      guard event == 200 else { return }
      try execute(
        "INSERT INTO customer (id, name) VALUES (-1, 'nobody')", simulator.folder + "/hub/hub.db")
    }.violations
    #expect(!found.isEmpty)
  }

  @Test func aPositionThatRunsAheadOfTheRowsIsNoticed() throws {
    let found = try outcome(seed: 1) { simulator, event in
      guard event > 100, event.isMultiple(of: 10) else { return }
      try execute(
        "UPDATE tributary_state SET position = \(simulator.world.head)", branchPath(simulator))
    }.violations
    #expect(!found.isEmpty)
  }

  /// Writes of one transaction that a reader may see apart.
  @Test func halfATransactionIsNoticed() throws {
    let found = try outcome(seed: 1) { simulator, event in
      guard event > 100 else { return }
      try execute(
        "UPDATE account SET balance = balance + 1 WHERE id % 2 = 0", branchPath(simulator))
    }.violations
    #expect(!found.isEmpty)
  }

  /// As if what was sent were sent again and again: in a calm history, and in one with disks that
  /// were put back.
  @Test(arguments: [1, 7_001] as [UInt64])
  func bytesThatNobodyLackedAreNoticed(seed: UInt64) throws {
    let found = try outcome(seed: seed) { simulator, _ in
      if simulator.isSettling { simulator.movedBytes += 50_000 }
    }.violations
    #expect(found.contains { $0.checker == "BytesMoved" })
  }

  /// As if the hub never forgot.
  @Test func aRecordThatStaysIsNoticed() throws {
    let found = try outcome(seed: 1) { simulator, _ in
      guard simulator.isSettling else { return }
      try execute(
        """
        INSERT OR REPLACE INTO tributary_row (table_id, key, position, milliseconds)
        VALUES (1, x'ff', 1000000, 0)
        """, simulator.folder + "/hub/hub.db")
    }.violations
    #expect(found.contains { $0.checker == "BoundedMetadata" })
  }

  /// As if a branch sent what stood in a row whose bits had turned.
  @Test func damageThatIsSentIsNoticed() throws {
    let found = try outcome(seed: 1) { simulator, event in
      guard event == 50 else { return }
      let table = try #require(simulator.schema.table(named: "customer"))
      let turned = Value.text("w\u{80}")
      simulator.rotten.insert(turned)
      simulator.checkIsWritten(
        RowChange(
          key: RowKey(table: table.id, values: [.integer(1)]), kind: .update,
          columns: [try #require(table.valueColumns.first)], values: [turned], milliseconds: 0,
          base: nil))
    }.violations
    #expect(found.contains { $0.checker == "Damage" })
  }
}
