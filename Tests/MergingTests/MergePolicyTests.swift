import Basics
import Clocks
import Deltas
import Testing

@testable import Merging

struct MergePolicyTests {
  private static let table = TableID(3)
  private static let columns = (2...9).map { ColumnID(UInt16($0)) }

  private static func policy() throws -> MergePolicy {
    try MergePolicy(
      tables: [
        table: TablePolicy(
          rule: .first,
          rules: [
            columns[0]: .counter, columns[1]: .prefer([ReplicaID(7), ReplicaID(2)]),
            columns[2]: .lines,
          ],
          units: [
            TablePolicy.Unit(columns: [columns[6], columns[7]], rule: .ask),
            TablePolicy.Unit(columns: [columns[3], columns[4], columns[5]]),
          ],
          deletes: .win, isAppendOnly: true, direction: .down, authority: .branches,
          authorities: [
            columns[0]: .hub, columns[1]: .only([ReplicaID(9), ReplicaID(4)]),
            columns[2]: .owner(columns[7]),
          ],
          parent: TablePolicy.Parent(table: TableID(1), columns: [columns[7], columns[1]]),
          references: [columns[5]: TableID(2), columns[4]: table]),
        TableID(1): TablePolicy(),
      ],
      others: TablePolicy(rule: .ask, deletes: .ask))
  }

  @Test func theDefaultIsTheLatestEverywhere() throws {
    let policy = MergePolicy()
    #expect(policy.rule(table: Self.table, column: Self.columns[0]).name == "latest")
    #expect(policy.units(of: Self.table).isEmpty)
    #expect(policy.deletes(of: Self.table) == .lose)
    #expect(policy == (try MergePolicy(tables: [:])))
  }

  @Test func everyColumnHasItsRule() throws {
    let policy = try Self.policy()
    let names = Self.columns.map { policy.rule(table: Self.table, column: $0).name }
    #expect(
      names == ["counter", "prefer", "lines", "latest", "latest", "latest", "ask", "ask"])
    #expect(policy.rule(table: Self.table, column: ColumnID(40)).name == "first")
    #expect(policy.rule(table: TableID(1), column: Self.columns[0]).name == "latest")
    #expect(policy.rule(table: TableID(2), column: Self.columns[0]).name == "ask")
    #expect(policy.units(of: Self.table).map(\.columns.count) == [3, 2])
    // By the table that its rows belong to.
    #expect(policy.deletes(of: Self.table) == .lose)
    #expect(policy.deletes(of: TableID(2)) == .ask)
    #expect(policy.countsOperations(table: Self.table, column: Self.columns[0]))
    #expect(!policy.countsOperations(table: Self.table, column: Self.columns[1]))
  }

  @Test func aPolicyHasOneSpelling() throws {
    let policy = try Self.policy()
    let read = try MergePolicy.decoded(policy.encoded)
    #expect(read == policy)
    #expect(read.contentHash == policy.contentHash)
    #expect(policy.contentHash != MergePolicy().contentHash)
    #expect(try MergePolicy.decoded(MergePolicy().encoded) == MergePolicy())
  }

  /// Replicas of all versions must come to the same bytes.
  @Test func theBytesStayWhatTheyAre() throws {
    #expect(
      MergePolicy().contentHash.description
        == "d49ceccb33a1b44e38d83af60d7c46d7e93caccae272860650639ed9711335ad")
    let hash = try Self.policy().contentHash.description
    #expect(hash == "8ade30a1953c785677c1ea7586413e3d065215d93e3d1b7d4a25c8684361de28")
  }

  @Test func whatIsNoPolicyIsRefused() throws {
    let bytes = try Self.policy().encoded
    for count in 0..<bytes.count {
      #expect(throws: PolicyDecodingError.self) {
        try MergePolicy.decoded(Array(bytes[..<count]))
      }
    }
    #expect(throws: PolicyDecodingError.self) { try MergePolicy.decoded(bytes + [0]) }
    // Any other byte is another policy, or none.
    for index in bytes.indices {
      for bit in 0..<8 {
        var changed = bytes
        changed[index] ^= 1 << bit
        if let other = try? MergePolicy.decoded(changed) {
          #expect(other.encoded == changed)
        }
      }
    }
  }

  @Test func contradictionsAreRefused() throws {
    func refused(_ table: TablePolicy) -> MergePolicyError? {
      do throws(MergePolicyError) {
        _ = try MergePolicy(tables: [Self.table: table])
        return nil
      } catch {
        return error
      }
    }
    let (a, b, c) = (Self.columns[0], Self.columns[1], Self.columns[2])
    let known = RuleRegistry.standard.names
    #expect(
      refused(TablePolicy(rule: RuleReference("nearest")))
        == .unknownRule("nearest", known: known))
    #expect(refused(TablePolicy(rules: [a: .prefer([])])) == .unfitArguments(rule: "prefer"))
    #expect(
      refused(TablePolicy(rules: [a: RuleReference("counter", [.integer(1)])]))
        == .unfitArguments(rule: "counter"))
    #expect(
      refused(TablePolicy(units: [TablePolicy.Unit(columns: [a, b], rule: .counter)]))
        == .unfitForUnit(rule: "counter"))
    #expect(refused(TablePolicy(units: [TablePolicy.Unit(columns: [a])])) == .malformedUnit([a]))
    #expect(
      refused(TablePolicy(units: [TablePolicy.Unit(columns: [b, a])])) == .malformedUnit([b, a]))
    #expect(
      refused(
        TablePolicy(units: [
          TablePolicy.Unit(columns: [a, b]), TablePolicy.Unit(columns: [b, c]),
        ])) == .decidedTwice(b))
    #expect(
      refused(TablePolicy(rules: [b: .first], units: [TablePolicy.Unit(columns: [a, b])]))
        == .decidedTwice(b))
    #expect(throws: MergePolicyError.columnsOfNoTable) {
      try MergePolicy(tables: [:], others: TablePolicy(rules: [a: .first]))
    }
    #expect(throws: MergePolicyError.columnsOfNoTable) {
      try MergePolicy(tables: [:], others: TablePolicy(authority: .owner(a)))
    }
  }

  @Test func noRowIsItsOwnParent() throws {
    func refused(_ parents: [UInt16: (UInt16, [ColumnID])]) -> MergePolicyError? {
      let tables = parents.map { child, parent in
        (
          TableID(child),
          TablePolicy(parent: TablePolicy.Parent(table: TableID(parent.0), columns: parent.1))
        )
      }
      do throws(MergePolicyError) {
        _ = try MergePolicy(tables: Dictionary(uniqueKeysWithValues: tables))
        return nil
      } catch {
        return error
      }
    }
    let (a, b) = (Self.columns[0], Self.columns[1])
    #expect(refused([2: (1, [a]), 3: (2, [b, a]), 4: (2, [a])]) == nil)
    #expect(refused([2: (2, [a])]) == .ownParent(TableID(2)))
    #expect(refused([1: (2, [a]), 2: (3, [a]), 3: (2, [a])]) == .ownParent(TableID(2)))
    #expect(refused([2: (1, [])]) == .malformedParent(of: TableID(2)))
    #expect(refused([2: (1, [a, a])]) == .malformedParent(of: TableID(2)))
  }

  @Test func whatBelongsToOthersGoesByTheirDeletions() throws {
    let (order, line, other) = (TableID(1), TableID(2), TableID(3))
    let parent = TablePolicy.Parent(table: order, columns: [Self.columns[0]])
    let lines = TablePolicy(deletes: .ask, parent: parent)
    let policy = try MergePolicy(tables: [order: TablePolicy(deletes: .win), line: lines])
    #expect(policy.deletes(of: line) == .win)
    #expect(try MergePolicy(tables: [line: lines]).deletes(of: line) == .lose)
    #expect([order, line].allSatisfy(policy.livesTogether) && !policy.livesTogether(other))
  }

  // MARK: Rules of one's own

  /// The longest text stands.
  private struct LongestRule: ChoosingRule {
    var name: String { "longest" }

    func stands(_ left: CellVersion, over right: CellVersion) -> Bool {
      func length(_ value: Value) -> Int {
        if case .text(let bytes) = value { bytes.count } else { -1 }
      }
      let (a, b) = (length(left.value), length(right.value))
      return a == b ? LatestRule.stands(left.version, over: right.version) : a > b
    }

    func explanation(_ standing: CellVersion, over rival: CellVersion) -> MergeExplanation {
      .custom("The longest text stands.")
    }
  }

  @Test func aProgramBringsItsOwnRules() throws {
    var registry = RuleRegistry.standard
    try registry.register(LongestRule())
    #expect(throws: MergePolicyError.ruleNameTaken("longest")) {
      try registry.register(LongestRule())
    }
    #expect(throws: MergePolicyError.unfitName("")) { try registry.register("") { _ in nil } }
    let column = RuleCase.column
    let policy = try MergePolicy(
      tables: [RuleWorld.table: TablePolicy(rules: [column: RuleReference("longest")])],
      registry: registry)
    #expect(throws: PolicyDecodingError.self) { try MergePolicy.decoded(policy.encoded) }
    #expect(try MergePolicy.decoded(policy.encoded, registry: registry) == policy)

    var world = RuleWorld(policy)
    var state = RowState()
    for (replica, text) in [(1, "the longest of them"), (2, "short"), (3, "longer")] {
      world.append(
        .insert, [(column, .text(text))], by: UInt32(replica), base: 0,
        milliseconds: Int64(replica), view: RowState())
    }
    let merges = world.history.indices.map { world.merge($0, into: &state) }
    #expect(world.shown(column, in: state) == .text("the longest of them"))
    #expect(merges[2].conflicts.first?.rule == "longest")
    #expect(merges[2].conflicts.first?.explanation.sentence == "The longest text stands.")
  }
}
