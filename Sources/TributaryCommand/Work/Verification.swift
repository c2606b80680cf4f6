internal import Agent
internal import BranchStore
internal import Transport

/// Compares a branch with its hub at one moment: after a sync that had nothing left to do.
struct Verification {
  let database: String
  let waitMilliseconds: Int64
  let undone: String
  /// Whether what differs is healed.
  var isRepairing = false

  /// How often a difference is looked at again because one side moved on meanwhile.
  private static let attemptsMax = 4

  func run() async throws -> VerificationReport {
    let line = try BranchLine(
      database: database, waitMilliseconds: waitMilliseconds, undone: undone)
    let first = try await line.sync(showsProgress: true, isComparingAll: isRepairing)
    for note in first.notes { Console.note(note) }
    var report = try await compare(line)
    report.repaired = first.report.repair
    var attempts = 1
    while report.differenceCount > 0, attempts < Self.attemptsMax {
      let result = try await line.sync(showsProgress: true)
      guard result.report.pulled.rows > 0 || result.report.pushed.rows > 0 else { break }
      report = try await compare(line)
      report.repaired = first.report.repair
      attempts += 1
    }
    await line.close()
    return report
  }

  private func compare(_ line: BranchLine) async throws -> VerificationReport {
    let comparison = BranchComparison(
      database: line.store.database, schema: line.store.known, synced: line.store.schema,
      keys: line.store.keyColumns, isNaming: true, called: try line.store.localNames())
    var driver = ComparisonDriver(line: .device(line.connection))
    var tables = try await driver.run(comparison)
    // People here know rows by the keys that these have here.
    for (table, comparison) in tables.enumerated() {
      for (index, difference) in comparison.differences.enumerated() {
        tables[table].differences[index].key =
          try line.store.ownKey(of: difference.key) ?? difference.key
      }
    }
    return VerificationReport(tables: tables, notCompared: comparison.notCompared)
  }
}
