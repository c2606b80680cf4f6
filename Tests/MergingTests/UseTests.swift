import Clocks
import Deltas
import Testing

@testable import Merging

/// Rows that others refer to: who refers to one has used it, and written none of its columns.
struct UseTests {
  private static let key = RowKey(table: TableID(1), values: [.integer(17)])
  private static let column = ColumnID(2)

  private func version(
    _ replica: UInt32, _ position: UInt64, seen: UInt64, at time: Int64 = 100
  ) -> Version {
    Version(
      dot: Dot(replica: ReplicaID(replica), counter: position),
      position: LogPosition(position), base: LogPosition(seen), milliseconds: time)
  }

  private func change(_ kind: ChangeKind, _ value: Value? = nil) -> RowChange {
    RowChange(
      key: Self.key, kind: kind, columns: value == nil ? [] : [Self.column],
      values: value.map { [$0] } ?? [], milliseconds: 100, base: nil)
  }

  private func take(_ change: RowChange, _ version: Version, into state: inout RowState) {
    _ = state.merge(change, version: version, policy: MergePolicy())
  }

  /// Inserted at 1 by branch 1, deleted at 2 by branch 1.
  private func deleted() -> RowState {
    var state = RowState()
    take(change(.insert, .text("Li")), version(1, 1, seen: 0), into: &state)
    take(change(.delete), version(1, 2, seen: 1), into: &state)
    return state
  }

  private func shown(_ state: RowState) -> Value? {
    state.standing(Self.column, table: TableID(1), policy: MergePolicy())?.value
  }

  @Test func whoHadNotSeenTheDeletionBringsTheRowBack() {
    var state = deleted()
    #expect(!state.isAlive)
    let use = version(2, 3, seen: 1)
    #expect(state.comesBack(by: use))
    #expect(state.standingDeletions.map(\.position.rawValue) == [2])
    state.use(by: use)
    #expect(state.isAlive && shown(state) == .text("Li"))
    #expect(!state.comesBack(by: use))
  }

  @Test func whoKnewDoesNot() {
    let state = deleted()
    #expect(!state.comesBack(by: version(2, 3, seen: 2)))
    // Nor who deleted it, in the same changeset or in a later one.
    #expect(!state.comesBack(by: version(1, 2, seen: 1)))
    #expect(!state.comesBack(by: version(1, 3, seen: 1)))
    // Nor a reference that the deletion has seen.
    var seen = RowState()
    take(change(.insert, .text("Li")), version(1, 1, seen: 0), into: &seen)
    take(change(.delete), version(1, 5, seen: 4), into: &seen)
    #expect(!seen.comesBack(by: version(2, 3, seen: 1)))
    #expect(!RowState().comesBack(by: version(2, 3, seen: 1)))
  }

  /// A deletion that the row had outlived does not speak against who saw it standing.
  @Test func whoSawTheRowOutliveADeletionBringsItBackAgainstAnother() {
    var state = RowState()
    take(change(.insert, .text("Li")), version(1, 1, seen: 0), into: &state)
    take(change(.update, .text("Lili")), version(1, 2, seen: 1), into: &state)
    take(change(.delete), version(2, 3, seen: 1), into: &state)
    #expect(state.isAlive)
    take(change(.delete), version(1, 5, seen: 2), into: &state)
    #expect(!state.isAlive)
    let use = version(2, 4, seen: 3)
    #expect(state.comesBack(by: use))
    state.use(by: use)
    #expect(state.isAlive && shown(state) == .text("Lili"))
    // Had the row been gone for whoever refers to it, it would stay so.
    var gone = deleted()
    take(change(.delete), version(3, 4, seen: 1), into: &gone)
    #expect(!gone.comesBack(by: version(2, 3, seen: 2)))
  }

  @Test func aUseOverwritesNothing() {
    var state = deleted()
    state.use(by: version(2, 3, seen: 1, at: 900))
    take(change(.update, .text("Lili")), version(3, 4, seen: 1, at: 50), into: &state)
    #expect(shown(state) == .text("Lili"))
    var other = deleted()
    take(change(.update, .text("Lili")), version(3, 4, seen: 1, at: 50), into: &other)
    other.use(by: version(2, 3, seen: 1, at: 900))
    #expect(state == other)
  }

  @Test func itIsSeenLikeAnyWrite() {
    var state = deleted()
    state.use(by: version(2, 3, seen: 1))
    take(change(.delete), version(3, 4, seen: 2), into: &state)
    #expect(state.isAlive)
    take(change(.delete), version(1, 5, seen: 4), into: &state)
    #expect(!state.isAlive)
    // Who writes the row anew, having seen the use, has said more.
    take(change(.insert, .text("Wu")), version(1, 6, seen: 5), into: &state)
    #expect(state.cells.count == 1 && state.deletions.isEmpty)
  }

  @Test func onceAllHaveSeenItTheDeletionGoes() {
    var state = deleted()
    state.use(by: version(2, 3, seen: 1))
    let stable = state.stabilized(
      upTo: LogPosition(3), table: TableID(1), policy: MergePolicy())
    #expect(stable.isAlive && stable.deletions.isEmpty)
    #expect(shown(stable) == .text("Li"))
  }
}
