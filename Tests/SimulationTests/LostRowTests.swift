import BranchStore
import Clocks
import Deltas
import Testing

@testable import Simulation

/// Rows that do not stand although nobody who had seen what was written deleted them.
@Suite struct LostRowTests {
  private let author = ReplicaID(1)

  /// A sound run's evidence, and an update of a row that does not stand.
  private func evidence() throws -> (Evidence, WorldWrite) {
    let runner = SimulationRunner(folder: SimulationRunner.fastestFolder)
    var evidence = try #require(try runner.run(1).evidence)
    let table = try #require(evidence.world.schema.tables.first { !$0.valueColumns.isEmpty })
    let column = try #require(table.valueColumns.first)
    let write = WorldWrite(
      branch: author, key: RowKey(table: table.id, values: [.integer(-1)]), kind: .update,
      values: [column: .text("late")], hadRow: true, base: .start, wallMilliseconds: 0, counter: 1)
    evidence.world.writes.append(write)
    return (evidence, write)
  }

  /// The write's value in the ledger, and what it met.
  private func conflict(_ write: WorldWrite, isOverruled: Bool) throws -> Conflict {
    let (column, value) = try #require(write.values.first)
    let written = ConflictValue(
      dot: Dot(replica: author, counter: 1), milliseconds: 0, value: value)
    let met = ConflictValue(dot: Dot(replica: .hub, counter: 1), milliseconds: nil, value: nil)
    return Conflict(
      id: 1_000, position: LogPosition(1), key: write.key, column: column, base: nil,
      values: isOverruled ? [met, written] : [written, met], rule: "", state: .open,
      explanation: "")
  }

  @Test func aChangeOfARowThatIsGoneMayBeInTheLedger() throws {
    var (evidence, write) = try evidence()
    #expect(LostUpdate.violations(in: evidence).count == 1)
    evidence.hub.ledger.append(try conflict(write, isOverruled: true))
    #expect(LostUpdate.violations(in: evidence) == [])
  }

  @Test func aValueThatStoodIsMissedWithItsRow() throws {
    var (evidence, write) = try evidence()
    evidence.hub.ledger.append(try conflict(write, isOverruled: false))
    #expect(LostUpdate.violations(in: evidence).count == 1)
  }

  @Test func whatItsAuthorHasOverwrittenIsNotMissedWithTheRow() throws {
    var (evidence, write) = try evidence()
    evidence.hub.ledger.append(try conflict(write, isOverruled: true))
    var earlier = write
    earlier.values = earlier.values.mapValues { _ in .text("earlier") }
    evidence.world.writes.insert(earlier, at: evidence.world.writes.count - 1)
    #expect(LostUpdate.violations(in: evidence) == [])
  }
}
