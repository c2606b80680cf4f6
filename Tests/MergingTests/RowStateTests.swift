import Clocks
import Deltas
import Testing

@testable import Merging

/// The cases in which a merge is easily got wrong, one by one.
///
/// Branches are 1, 2, 3; each line of a history is one entry of the hub's log, and `knowing` is how
/// far into it the author had integrated the row.
struct RowStateTests {
  private static let name = SmallWorld.columns[0]
  private static let phone = SmallWorld.columns[1]

  /// A history with a readable way of writing it down.
  private struct History {
    var world = SmallWorld()
    var state = RowState()
    var merges: [RowMerge] = []

    private mutating func add(
      _ kind: ChangeKind, _ columns: [ColumnID], _ branch: UInt32, _ knowing: Int, at time: Int64?,
      _ values: [Value]?
    ) {
      world.append(kind, columns, by: branch, base: knowing, milliseconds: time, values: values)
      merges.append(world.merge(world.history.count - 1, into: &state))
    }

    mutating func insert(
      _ name: Value, _ phone: Value, by branch: UInt32, knowing: Int, at time: Int64?
    ) {
      add(.insert, SmallWorld.columns, branch, knowing, at: time, [name, phone])
    }

    mutating func set(
      _ column: ColumnID, _ value: Value, by branch: UInt32, knowing: Int, at time: Int64
    ) {
      add(.update, [column], branch, knowing, at: time, [value])
    }

    mutating func delete(by branch: UInt32, knowing: Int, at time: Int64) {
      add(.delete, [], branch, knowing, at: time, [])
    }

    /// Nil when the row does not stand.
    var row: [Value?]? {
      guard state.isAlive else { return nil }
      return SmallWorld.columns.map {
        state.standing($0, table: SmallWorld.table, policy: SmallWorld.policy)?.value
      }
    }

    var conflicts: [MergeConflict] { merges.flatMap(\.conflicts) }
  }

  private static let one = Value.text("one")
  private static let two = Value.text("two")
  private static let three = Value.text("three")

  @Test func whatWasWrittenWithKnowledgeStandsWhateverTheClocksSay() {
    var history = History()
    history.insert(Self.one, Self.one, by: 1, knowing: 0, at: 1_000_000)
    history.set(Self.name, Self.two, by: 2, knowing: 1, at: 5)
    #expect(history.row == [Self.two, Self.one])
    #expect(history.merges.allSatisfy { !$0.isContested && $0.conflicts.isEmpty })
  }

  @Test func editsOfDifferentColumnsDoNotMeet() {
    var history = History()
    history.insert(Self.one, Self.one, by: 1, knowing: 0, at: 1)
    history.set(Self.name, Self.two, by: 2, knowing: 1, at: 2)
    history.set(Self.phone, Self.three, by: 3, knowing: 1, at: 3)
    #expect(history.row == [Self.two, Self.three])
    #expect(history.merges.allSatisfy { !$0.isContested })
  }

  @Test func aConflictNamesEveryValueTheStandingOneFirst() {
    var history = History()
    history.insert(Self.one, Self.one, by: 1, knowing: 0, at: 1)
    history.set(Self.name, Self.one, by: 1, knowing: 0, at: 7)
    history.set(Self.name, Self.two, by: 2, knowing: 1, at: 9)
    history.set(Self.name, Self.three, by: 3, knowing: 1, at: 8)
    #expect(history.row == [Self.two, Self.one])
    let last = history.merges[3].conflicts
    #expect(last.count == 1)
    #expect(last.first?.column == Self.name)
    #expect(last.first?.values.map(\.value) == [Self.two, Self.one, Self.three])
    #expect(last.first?.versions.map(\.dot.replica.rawValue) == [2, 1, 3])
    #expect(last.first?.explanation == .laterWrite)
    #expect(last.first?.rule == "latest")
  }

  @Test func identicalEditsAreContestedButNoConflict() {
    var history = History()
    history.insert(Self.one, Self.one, by: 1, knowing: 0, at: 1)
    history.set(Self.name, Self.two, by: 1, knowing: 0, at: 2)
    history.set(Self.name, Self.two, by: 2, knowing: 1, at: 3)
    #expect(history.merges[2].isContested)
    #expect(history.conflicts.isEmpty)
    // The third has seen one of the twins only; it stands over that one and meets the other.
    history.set(Self.name, Self.three, by: 3, knowing: 2, at: 4)
    #expect(history.merges[3].conflicts.map { $0.values.map(\.value) } == [[Self.three, Self.two]])
  }

  @Test func anUpdateBringsBackTheWholeRowThatAnotherDeleted() {
    var history = History()
    history.insert(Self.one, Self.one, by: 1, knowing: 0, at: 1)
    history.delete(by: 1, knowing: 0, at: 9)
    #expect(history.row == nil)
    history.set(Self.name, Self.two, by: 2, knowing: 1, at: 2)
    #expect(history.row == [Self.two, Self.one])
    let conflict = history.merges[2].conflicts.first
    #expect(history.merges[2].conflicts.count == 1)
    #expect(conflict?.column == nil)
    #expect(conflict?.values.map(\.value) == [Self.two, nil])
    #expect(conflict?.explanation == .updateOverDelete)
    #expect(conflict?.rule == DeleteRule.lose.name)
  }

  @Test func aDeletionNamesEveryWriteItHadNotSeen() {
    var history = History()
    history.insert(Self.one, Self.one, by: 1, knowing: 0, at: 1)
    history.set(Self.name, Self.two, by: 2, knowing: 1, at: 2)
    history.set(Self.phone, Self.three, by: 3, knowing: 1, at: 3)
    history.delete(by: 1, knowing: 0, at: 4)
    #expect(history.row == [Self.two, Self.three])
    #expect(
      history.merges[3].conflicts.map { $0.values.map(\.value) } == [[Self.three, Self.two, nil]])
  }

  @Test func aDeletionThatHasSeenEverythingIsNoConflict() {
    var history = History()
    history.insert(Self.one, Self.one, by: 1, knowing: 0, at: 1)
    history.set(Self.name, Self.two, by: 2, knowing: 1, at: 2)
    history.delete(by: 3, knowing: 2, at: 0)
    #expect(history.row == nil)
    #expect(!history.merges[2].isContested)
  }

  @Test func twoDeletionsAgree() {
    var history = History()
    history.insert(Self.one, Self.one, by: 1, knowing: 0, at: 1)
    history.delete(by: 1, knowing: 0, at: 2)
    history.delete(by: 2, knowing: 1, at: 3)
    #expect(history.row == nil)
    #expect(!history.merges[2].isContested)
    #expect(history.state.deletions.count == 2)
    // Who has seen only one of them has not seen the other: its new row meets that one.
    history.insert(Self.three, Self.three, by: 3, knowing: 2, at: 4)
    #expect(history.row == [Self.three, Self.three])
    #expect(history.merges[3].conflicts.map { $0.values.map(\.value) } == [[Self.three, nil]])
    #expect(history.merges[3].conflicts.first?.versions.last?.dot.replica == ReplicaID(2))
  }

  /// Two rows under one key, one of them deleted while the other lived on: when that is deleted
  /// too, and an update that had not seen it brings the row back, it is the one that lived last.
  @Test func whatWasOutlivedDoesNotComeBack() {
    var history = History()
    history.insert(Self.one, Self.one, by: 1, knowing: 0, at: 1)
    history.insert(Self.two, Self.two, by: 2, knowing: 0, at: 9)
    history.delete(by: 2, knowing: 0, at: 10)
    #expect(history.row == [Self.one, Self.one])
    history.delete(by: 2, knowing: 3, at: 11)
    #expect(history.row == nil)
    history.set(SmallWorld.columns[0], Self.three, by: 3, knowing: 3, at: 12)
    #expect(history.row == [Self.three, Self.one])
  }

  @Test func aNewRowThatHasSeenTheDeletionSettlesIt() {
    var history = History()
    history.insert(Self.one, Self.one, by: 1, knowing: 0, at: 9)
    history.delete(by: 2, knowing: 1, at: 9)
    history.insert(Self.two, Self.two, by: 3, knowing: 2, at: 1)
    #expect(history.row == [Self.two, Self.two])
    #expect(history.state.deletions.isEmpty)
    #expect(history.merges.allSatisfy { !$0.isContested })
  }

  /// The update had seen neither the deletion nor the new row: it meets the new row's value of its
  /// column as any two edits meet, and there is nothing left of the deletion to meet.
  @Test func anUpdateMeetsARowThatWasDeletedAndWrittenAnew() {
    var history = History()
    history.insert(Self.one, Self.one, by: 1, knowing: 0, at: 1)
    history.delete(by: 1, knowing: 0, at: 2)
    history.insert(Self.two, Self.two, by: 1, knowing: 0, at: 3)
    history.set(Self.name, Self.three, by: 2, knowing: 1, at: 4)
    #expect(history.row == [Self.three, Self.two])
    #expect(history.merges[3].conflicts.map(\.column) == [Self.name])
  }

  /// Branch 1's customer 17 was deleted knowingly; branch 2 gave the same number to another one.
  /// The one who was deleted does not come back, although it was written later.
  @Test func whatWasDeletedDoesNotComeBackAgainstARowThatNobodyDeleted() {
    var history = History()
    history.insert(Self.one, Self.one, by: 1, knowing: 0, at: 8)
    history.delete(by: 1, knowing: 0, at: 9)
    history.insert(Self.two, Self.two, by: 2, knowing: 0, at: 5)
    #expect(history.row == [Self.two, Self.two])
    #expect(history.merges[2].conflicts.map(\.column) == [nil])
    // Nor once the deletion was seen by somebody who changed another column.
    history.set(Self.phone, Self.three, by: 3, knowing: 3, at: 6)
    #expect(history.row == [Self.two, Self.three])
    #expect(!history.merges[3].isContested)
    // When both were deleted, an edit which had seen neither deletion brings back the rest by rule.
    history.delete(by: 3, knowing: 4, at: 7)
    #expect(history.row == nil)
  }

  /// A row with two values of one column side by side; the deletion had seen one of them.
  @Test func aDeletionTakesOnlyWhatItHadSeen() {
    var history = History()
    history.insert(Self.one, Self.one, by: 1, knowing: 0, at: 1)
    history.set(Self.name, Self.two, by: 1, knowing: 1, at: 9)
    history.set(Self.name, Self.three, by: 2, knowing: 1, at: 5)
    #expect(history.row == [Self.two, Self.one])
    history.delete(by: 1, knowing: 1, at: 10)
    #expect(history.row == [Self.three, Self.one])
    #expect(history.merges[3].isContested)
  }

  /// Whoever deletes after an edit of its own knows the edit, whatever it has integrated.
  @Test func aDeletionHasSeenItsOwnBranchesWork() {
    var history = History()
    history.insert(Self.one, Self.one, by: 1, knowing: 0, at: 1)
    history.delete(by: 2, knowing: 1, at: 2)
    history.set(Self.name, Self.three, by: 3, knowing: 1, at: 3)
    history.delete(by: 3, knowing: 1, at: 4)
    #expect(history.row == nil)
    #expect(!history.merges[3].isContested)
  }

  @Test func rowsThatWereThereBeforeYieldToAnyEdit() {
    var history = History()
    history.insert(Self.one, Self.one, by: 1, knowing: 0, at: nil)
    history.set(Self.name, Self.two, by: 1, knowing: 0, at: -5)
    history.insert(Self.three, Self.three, by: 2, knowing: 0, at: nil)
    #expect(history.row == [Self.two, Self.one])
    let explanations = history.merges[2].conflicts.map(\.explanation)
    #expect(explanations == [.editOverBaseline, .firstBaseline])
  }

  @Test func rowsThatWereThereAlikeAddNothing() {
    var history = History()
    history.insert(Self.one, Self.two, by: 1, knowing: 0, at: nil)
    let before = history.state
    history.insert(Self.one, Self.two, by: 2, knowing: 0, at: nil)
    #expect(history.state == before)
    #expect(history.merges[1] == RowMerge(isContested: false, conflicts: []))
    // Over a row that was deleted they are a row again.
    history.delete(by: 1, knowing: 0, at: 3)
    history.insert(Self.one, Self.two, by: 3, knowing: 0, at: nil)
    #expect(history.row == [Self.one, Self.two])
    #expect(history.merges[3].isContested)
  }

  @Test func anUpdateOfARowThatDoesNotStandIsSentWhole() {
    var history = History()
    history.insert(Self.one, Self.one, by: 1, knowing: 0, at: 1)
    history.delete(by: 1, knowing: 0, at: 2)
    // It says to have seen the deletion: no branch of ours writes this, but bytes may.
    history.set(Self.name, Self.two, by: 2, knowing: 2, at: 3)
    #expect(history.row == [Self.two, Self.one])
    #expect(history.merges[2].isContested)
    #expect(history.conflicts.isEmpty)
  }

  @Test func aTableThatIsAllKeyHasRowsToo() {
    let key = RowKey(table: TableID(1), values: [.integer(1), .integer(2)])
    func change(_ kind: ChangeKind) -> RowChange {
      RowChange(key: key, kind: kind, columns: [], values: [], milliseconds: 0, base: nil)
    }
    func version(_ replica: UInt32, _ position: UInt64, base: UInt64) -> Version {
      Version(
        dot: Dot(replica: ReplicaID(replica), counter: position), position: LogPosition(position),
        base: LogPosition(base), milliseconds: 0)
    }
    let policy = MergePolicy()
    var state = RowState()
    #expect(!state.isAlive)
    _ = state.merge(change(.insert), version: version(1, 1, base: 0), policy: policy)
    #expect(state.isAlive)
    let twin = state.merge(change(.insert), version: version(2, 2, base: 0), policy: policy)
    #expect(twin.isContested && twin.conflicts.isEmpty)
    let deletion = state.merge(change(.delete), version: version(1, 3, base: 1), policy: policy)
    #expect(state.isAlive)
    #expect(deletion.conflicts.map(\.column) == [nil])
    _ = state.merge(change(.delete), version: version(2, 4, base: 3), policy: policy)
    #expect(!state.isAlive)
  }
}
