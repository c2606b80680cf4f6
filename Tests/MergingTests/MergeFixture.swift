import Clocks
import Deltas
import TestSupport

@testable import Merging

/// A case of `Fixtures/Merges` as the merge core sees it.
///
/// What a branch had in a cell before it wrote is what the merge showed it. An update that leaves
/// that as it is writes nothing, nor does one of a row that is not there; of columns that are
/// decided as one it sends all.
struct MergeFixture {
  let story: MergeStory
  private(set) var world: RuleWorld
  private var positions: [String: Int] = [:]
  private var pending: [String: [MergeStory.Event]] = [:]

  init(_ story: MergeStory, isOtherWayRound: Bool) throws {
    self.story = story
    world = RuleWorld(try Self.policy(of: story))
    for step in story.steps(isOtherWayRound: isOtherWayRound) {
      switch step {
      case .write(let event): pending[event.who, default: []].append(event)
      case .deliver(let who):
        for event in pending.removeValue(forKey: who) ?? [] { try append(event) }
      case .other(let event): positions[event.who] = world.history.count
      }
    }
  }

  // MARK: The policy

  private static func policy(of story: MergeStory) throws -> MergePolicy {
    var table = TablePolicy()
    for line in story.policy {
      switch line {
      case .rule(let name?, let rule): table.rules[column(name, story)] = try reference(rule)
      case .rule(nil, let rule): table.rule = try reference(rule)
      case .unit(let names, let rule):
        table.units.append(
          TablePolicy.Unit(
            columns: names.map { column($0, story) }.sorted(), rule: try reference(rule)))
      case .deletes(let word):
        let rules: [String: DeleteRule] = ["lose": .lose, "win": .win, "ask": .ask]
        guard let rule = rules[word] else { throw MergeStory.Malformed(line: word) }
        table.deletes = rule
      case .write, .appendOnly, .direction, .orders, .belonging: break
      }
    }
    return try MergePolicy(tables: [RuleWorld.table: table])
  }

  private static func reference(_ rule: MergeStory.Rule) throws -> RuleReference {
    RuleReference(rule.name, try rule.branches.map { .replica(try replica($0)) })
  }

  private static func column(_ name: String, _ story: MergeStory) -> ColumnID {
    ColumnID(UInt16((story.columns.firstIndex(of: name) ?? 0) + 2))
  }

  private static let names = MergeStory.branches + [MergeStory.headquarters]

  private static func replica(_ name: String) throws -> ReplicaID {
    guard let index = names.firstIndex(of: name) else { throw MergeStory.Malformed(line: name) }
    return ReplicaID(UInt32(index + 1))
  }

  // MARK: Changes

  private mutating func append(_ event: MergeStory.Event) throws {
    let replica = try Self.replica(event.who).rawValue
    let base = positions[event.who] ?? 0
    let view = world.state(world.indices(world.knowledge(of: replica, base: base)))
    if case .adds = event.action {} else if !world.isAlive(view) { return }
    let kind: ChangeKind
    var cells: [ColumnID: Value] = [:]
    switch event.action {
    case .adds(let written):
      kind = .insert
      for name in story.columns { cells[Self.column(name, story)] = .null }
      for cell in written { cells[Self.column(cell.column, story)] = cell.value }
    case .sets(let written), .saves(let written):
      kind = .update
      for cell in written {
        let column = Self.column(cell.column, story)
        let shown = world.shown(column, in: view)
        let value = cell.isAdded ? Self.sum(shown, cell.value) : cell.value
        if value != shown { cells[column] = value }
      }
      if cells.isEmpty { return }
      for unit in world.policy.units(of: RuleWorld.table)
      where unit.columns.contains(where: { cells[$0] != nil }) {
        for column in unit.columns where cells[column] == nil {
          cells[column] = world.shown(column, in: view)
        }
      }
    case .deletes: kind = .delete
    case .order, .hasEverything, .clockIsAhead, .decides, .takesBack: return
    }
    // The hub gets one after the other, and nothing before it was written.
    let receipt = MergeStory.receiptHour * 3_600_000 + Int64(world.history.count)
    world.append(
      kind, cells.keys.sorted().map { ($0, cells[$0] ?? .null) }, by: replica, base: base,
      milliseconds: event.milliseconds.map { min($0, receipt) }, view: view)
  }

  /// What SQLite makes of `column + amount`, where nobody leaves the range of integers.
  private static func sum(_ value: Value?, _ amount: Value) -> Value {
    switch (value, amount) {
    case (.integer(let left)?, .integer(let right)): .integer(left + right)
    case (.real(let left)?, .real(let right)):
      .real(Double(bitPattern: left) + Double(bitPattern: right))
    case (.integer(let left)?, .real(let right)):
      .real(Double(left) + Double(bitPattern: right))
    case (.real(let left)?, .integer(let right)):
      .real(Double(bitPattern: left) + Double(right))
    default: .null
    }
  }

  // MARK: What the core makes of it

  func outcome() -> MergeStory.Outcome {
    var state = RowState()
    var conflicts: [(found: LogPosition, conflict: MergeConflict)] = []
    for index in world.history.indices {
      let merge = world.merge(index, into: &state)
      let version = world.history[index].version
      for place in conflicts.indices where version.seen.contains(conflicts[place].found) {
        answer(&conflicts[place].conflict, world.history[index].change, version, state)
      }
      conflicts += merge.conflicts.map { (version.position, $0) }
    }
    return MergeStory.Outcome(
      stands: shown(state), kept: conflicts.flatMap { kept($0.conflict) })
  }

  /// What a change whose author had seen a conflict makes of it in the hub's ledger.
  private func answer(
    _ conflict: inout MergeConflict, _ change: RowChange, _ version: Version, _ state: RowState
  ) {
    guard conflict.state == .open,
      let answer = ConflictAnswer(
        change.kind, of: change.columns, to: conflict.columns, isOfRow: conflict.isOfRow),
      world.isAlive(state) == (change.kind != .delete)
    else { return }
    let written = Dictionary(uniqueKeysWithValues: zip(change.columns, change.values))
    let shown = conflict.columns.map { written[$0] ?? world.shown($0, in: state) ?? .null }
    if answer == .decides, change.kind != .delete, shown == conflict.sides[0].values { return }
    conflict.state = answer.state
    conflict.explanation = answer.explanation
    guard answer == .decides else { return }
    let side = MergeConflict.Side(
      version: version, values: change.kind == .delete ? nil : shown)
    conflict.sides.insert(side, at: 0)
  }

  func shown(_ state: RowState) -> String {
    guard world.isAlive(state) else { return "nothing" }
    return MergeStory.row(
      story.columns,
      story.columns.map { world.shown(Self.column($0, story), in: state) ?? .null })
  }

  private func kept(_ conflict: MergeConflict) -> [MergeStory.Kept] {
    conflict.sides.dropFirst().map { side in
      let branch = Self.names[Int(side.version.dot.replica.rawValue) - 1]
      return MergeStory.Kept(
        what: MergeStory.what(
          columns: conflict.columns.map { story.columns[Int($0.rawValue) - 2] },
          values: side.values, by: branch),
        rule: conflict.rule, why: conflict.explanation.sentence, state: conflict.state)
    }
  }
}
