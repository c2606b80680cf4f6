import Agent
import BranchStore
import Clocks
import Deltas
import Policies
import Sessions
import Storage
import TestSupport

@testable import HubStore

/// A case of `Fixtures/Merges`, played by a hub and three branches with databases of their own. Who
/// has no part in it hears of it all the same.
///
/// Programs write plain SQL at the branches, at the times that the story tells. Each write is
/// sealed without a network; then the hub gets it and every answer is lost, so that the branch
/// knows no more than before. `has everything` is a whole sync.
final class StoryWorld {
  private let story: MergeStory
  private let world: AgentWorld
  private var replicas: [String: ReplicaID] = [:]
  private var branches: [String: AgentBranch] = [:]
  /// How much of the log headquarters are told to have seen.
  private var headquartersSeen = LogPosition.start

  /// Midnight of the story's day, 2 March 2026.
  private static let day: Int64 = 1_772_409_600_000
  /// Nothing here is about machines that lose power.
  private static let unsynced = "PRAGMA synchronous = OFF"
  private static let table = TableID(1)
  private static let tableName = "customer"
  private static let key = RowKey(table: table, values: [.integer(17)])

  /// What comes out otherwise than it is written, in sentences.
  static func differences(_ story: MergeStory, isOtherWayRound: Bool) throws -> [String] {
    let outcomes = try outcomes(of: story, isOtherWayRound: isOtherWayRound)
    return outcomes.flatMap {
      story.differences(of: $0.outcome, isOtherWayRound: isOtherWayRound, at: $0.place)
    }
  }

  /// What comes out, at the hub first, then at each branch.
  static func outcomes(
    of story: MergeStory, isOtherWayRound: Bool
  ) throws -> [(place: String, outcome: MergeStory.Outcome)] {
    SQLiteClock.set(day)
    defer { SQLiteClock.set(nil) }
    let world = try StoryWorld(story)
    for step in story.steps(isOtherWayRound: isOtherWayRound) { try world.take(step) }
    return try world.outcomes()
  }

  private init(_ story: MergeStory) throws {
    self.story = story
    let columns = story.columns.map { name in
      MergeStory.isNumber(name) ? "\"\(name)\"" : "\"\(name)\" TEXT"
    }
    let sql = "CREATE TABLE \(Self.tableName) (id INTEGER PRIMARY KEY, "
    let orders = story.hasOrders ? Self.orders(story.ordersAction) : ""
    world = try AgentWorld(sql + columns.joined(separator: ", ") + ")" + orders)
    world.wall = Self.day + MergeStory.receiptHour * 3_600_000
    for name in MergeStory.branches { replicas[name] = try world.enrol(name) }
    let hub = world.hubStore
    try hub.database.execute(Self.unsynced)
    try hub.registerHeadquarters(wallMilliseconds: Self.day)
    let file = try PolicyFile(
      compiling: Array(story.policyFile(table: Self.tableName).utf8),
      names: try hub.policyNames())
    guard file.warnings.isEmpty else {
      throw MergeStory.Malformed(line: "the policy has warnings: \(file.warnings)")
    }
    _ = try hub.publish(file.policy, source: file.text, wallMilliseconds: Self.day)
    // Whose database is older than its joining joins when the story says so.
    for name in MergeStory.branches where !story.joinsLate(name) {
      _ = try join(name).sync()
    }
  }

  private static func orders(_ action: String?) -> String {
    """
    ; CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT, customer INTEGER REFERENCES \
    \(tableName)(id)\(action.map { " ON DELETE \($0)" } ?? ""))
    """
  }

  @discardableResult
  private func join(_ name: String, _ sql: String? = nil) throws -> AgentBranch {
    guard let replica = replicas[name] else { throw MergeStory.Malformed(line: name) }
    let branch = try world.attach(name, as: replica, sql)
    try branch.store.database.execute(Self.unsynced)
    try branch.application.execute(Self.unsynced)
    if story.ordersAction != nil { try branch.application.execute("PRAGMA foreign_keys = ON") }
    branches[name] = branch
    return branch
  }

  private func branch(_ name: String) throws -> AgentBranch {
    guard let branch = branches[name] else {
      throw MergeStory.Malformed(line: "\(name) has not joined yet")
    }
    return branch
  }

  // MARK: Steps

  private func take(_ step: MergeStory.Step) throws {
    switch step {
    case .write(let event) where event.who == MergeStory.headquarters:
      try writeAtHub(event)
    case .write(let event): try write(event)
    case .deliver(MergeStory.headquarters): break
    case .deliver(let name):
      _ = try branch(name).sync { _, answer in
        _ = answer()
        return nil
      }
    case .other(let event): try happen(event)
    }
  }

  private func happen(_ event: MergeStory.Event) throws {
    let time = Self.day + (event.milliseconds ?? 0)
    switch event.action {
    case .hasEverything where event.who == MergeStory.headquarters:
      headquartersSeen = try world.hubStore.head()
    case .hasEverything: _ = try branch(event.who).sync()
    case .clockIsAhead(let milliseconds): try branch(event.who).clockAhead = milliseconds
    case .decides(let choice, let isAll):
      let ids = try world.hubStore.conflicts(openOnly: false).map(\.id)
      let meant: ConflictChoice =
        switch choice {
        case .branch(let name): .branch(name)
        case .value(let value): .value(value)
        }
      try world.hubStore.decide(
        isAll ? ids.reversed() : Array(ids.prefix(1)), meant, person: "", wallMilliseconds: time)
    case .takesBack(let isAll):
      let ids = try world.hubStore.conflicts(openOnly: false).filter { $0.state == .decided }
        .map(\.id)
      try world.hubStore.undoDecisions(
        isAll ? ids : Array(ids.prefix(1)), person: "", wallMilliseconds: time)
    case .adds, .sets, .saves, .deletes, .order: break
    }
  }

  private func write(_ event: MergeStory.Event) throws {
    let sql = try sql(event)
    guard let milliseconds = event.milliseconds else {
      let create = world.schema.tables.map(\.createSQL).joined(separator: ";")
      try join(event.who, "\(create);\(sql)")
      return
    }
    let branch = try branch(event.who)
    SQLiteClock.set(Self.day + milliseconds + branch.clockAhead)
    try branch.run(sql)
    SQLiteClock.set(Self.day)
    _ = try branch.sync { _, _ in nil }
  }

  private func sql(_ event: MergeStory.Event) throws -> String {
    switch event.action {
    case .adds(let cells):
      let names = cells.map { "\"\($0.column)\"" }.joined(separator: ", ")
      let values = try cells.map { try Self.literal($0.value) }.joined(separator: ", ")
      return "INSERT INTO \(Self.tableName) (id, \(names)) VALUES (17, \(values))"
    case .sets(let cells):
      let settings = try cells.map { "\"\($0.column)\" = \(try Self.expression($0))" }
      return "UPDATE \(Self.tableName) SET \(settings.joined(separator: ", ")) WHERE id = 17"
    case .saves(let cells):
      let values = try story.columns.map { name in
        try cells.first { $0.column == name }.map(Self.expression) ?? "\"\(name)\""
      }
      return "INSERT OR REPLACE INTO \(Self.tableName) SELECT id, "
        + "\(values.joined(separator: ", ")) FROM \(Self.tableName) WHERE id = 17"
    case .deletes: return "DELETE FROM \(Self.tableName) WHERE id = 17"
    case .order(let number, .adds):
      return "INSERT INTO orders (id, item, customer) VALUES (\(number), 'rice', 17)"
    case .order(let number, .sets(let item)):
      return "UPDATE orders SET item = '\(item)' WHERE id = \(number)"
    case .order(let number, .deletes): return "DELETE FROM orders WHERE id = \(number)"
    case .hasEverything, .clockIsAhead, .decides, .takesBack: return ""
    }
  }

  private static func expression(_ cell: MergeStory.Cell) throws -> String {
    let value = try literal(cell.value)
    return cell.isAdded ? "\"\(cell.column)\" + \(value)" : value
  }

  private static func literal(_ value: Value) throws -> String {
    switch value {
    case .null: return "NULL"
    case .integer(let integer): return "\(integer)"
    case .real(let bits): return "\(Double(bitPattern: bits))"
    case .text(let bytes):
      let text = String(decoding: bytes, as: UTF8.self)
      return "'"
        + text.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "''") + "'"
    case .blob: throw MergeStory.Malformed(line: "no story has a blob")
    }
  }

  /// What headquarters write, which have always seen all that the hub has.
  private func writeAtHub(_ event: MergeStory.Event) throws {
    let hub = world.hubStore
    guard try hub.head() == headquartersSeen else {
      throw MergeStory.Malformed(line: "headquarters have everything before they write")
    }
    let change: RowChange
    let time = Self.day + (event.milliseconds ?? 0)
    func make(_ kind: ChangeKind, _ cells: [ColumnID: Value]) -> RowChange {
      RowChange(
        key: Self.key, kind: kind, columns: cells.keys.sorted(),
        values: cells.keys.sorted().map { cells[$0] ?? .null }, milliseconds: time, base: nil)
    }
    func byColumn(_ cells: [MergeStory.Cell]) -> [ColumnID: Value] {
      Dictionary(uniqueKeysWithValues: cells.map { (column($0.column), $0.value) })
    }
    switch event.action {
    case .adds(let cells):
      let nothing = story.columns.map { (column($0), Value.null) }
      change = make(
        .insert, byColumn(cells).merging(nothing) { written, _ in written })
    case .sets(let cells), .saves(let cells): change = make(.update, byColumn(cells))
    case .deletes: change = make(.delete, [:])
    case .order: throw MergeStory.Malformed(line: "headquarters have no orders")
    case .hasEverything, .clockIsAhead, .decides, .takesBack: return
    }
    try hub.database.transaction {
      hub.forgetCaches()
      try hub.refreshPolicy()
      headquartersSeen = try hub.writeOwn([change], wallMilliseconds: time)
    }
  }

  private func column(_ name: String) -> ColumnID {
    ColumnID(UInt16((story.columns.firstIndex(of: name) ?? 0) + 2))
  }

  // MARK: What came out

  private struct Trouble: Error {
    var at: String
    var what: String
  }

  private func outcomes() throws -> [(place: String, outcome: MergeStory.Outcome)] {
    let branches = branches.sorted { $0.key < $1.key }
    for _ in 0..<2 {
      for (name, branch) in branches {
        let report = try branch.sync()
        guard report.outcome == .complete, report.leftOut.isEmpty, report.policyProblem == nil,
          report.quarantined == 0, report.repair == nil, !report.isRelocated
        else { throw Trouble(at: name, what: "\(report)") }
      }
    }
    let hub = try Database(path: world.folder.path("hub/hub.db"), mode: .readOnly)
    let ledger = Array(try world.hubStore.conflicts(openOnly: false).reversed())
    let kept = try ledger.flatMap { try self.kept($0) }
    let waiting = try waiting()
    let there = MergeStory.Outcome(stands: try stands(hub), kept: kept, waiting: waiting)
    return try [("the hub", there)]
      + branches.map { name, branch in
        let theirs = try branch.store.ledger(openOnly: false).sorted { $0.id < $1.id }
        guard theirs == ledger else { throw Trouble(at: name, what: "another ledger") }
        guard try expectSame(branch) else { throw Trouble(at: name, what: "another digest") }
        let stands = try stands(branch.application)
        return (name, MergeStory.Outcome(stands: stands, kept: kept, waiting: waiting))
      }
  }

  private func stands(_ database: Database) throws -> String {
    let names = story.columns.map { "\"\($0)\"" }.joined(separator: ", ")
    let rows = try database.rows("SELECT \(names) FROM \(Self.tableName) ORDER BY id")
    let customers = rows.isEmpty ? ["nothing"] : rows.map { MergeStory.row(story.columns, $0) }
    guard story.hasOrders else { return customers.joined(separator: "; ") }
    let orders = try database.rows("SELECT id, item, customer FROM orders ORDER BY id").map {
      let whose = $0[2] == .null ? " of nobody" : ""
      return MergeStory.row(["order"], [$0[0]]).replacing(" =", with: "") + whose + ": "
        + MergeStory.row([""], [$0[1]]).dropFirst(3)
    }
    return (customers + orders).joined(separator: "; ")
  }

  /// What is in the hub's quarantine.
  private func waiting() throws -> [String] {
    let names = try world.hubStore.names()
    return try world.hubStore.orphans().map { orphan in
      let reason = orphan.reason(
        in: world.schema, names: names, value: Self.text,
        time: { milliseconds in
          let minutes = (milliseconds - Self.day) / 60_000
          let digits = [minutes / 60, minutes % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
          return digits.joined(separator: ":")
        })
      return "order \(orphan.key.values.map(Self.text).joined()): \(reason)"
    }
  }

  private static func text(_ value: Value) -> String {
    String(MergeStory.row([""], [value]).dropFirst(3))
  }

  private func kept(_ conflict: Conflict) throws -> [MergeStory.Kept] {
    let names = try world.hubStore.names()
    return conflict.sides.dropFirst().map { side in
      let isOrder = conflict.key.table != Self.table
      let columns = isOrder ? ["item", "customer"] : story.columns
      let order = isOrder ? "order \(Self.text(conflict.key.values[0])): " : ""
      return MergeStory.Kept(
        what: order
          + MergeStory.what(
            columns: conflict.columns.map { columns[Int($0.rawValue) - 2] },
            values: side.values, by: names[side.dot.replica] ?? "the hub"),
        rule: conflict.rule, why: conflict.explanation, state: conflict.state)
    }
  }
}

extension MergeStory {
  /// Whether a branch's first deed is to bring what it had before.
  fileprivate func joinsLate(_ name: String) -> Bool {
    let first = events.first { $0.who == name }
    return first.map { $0.isWrite && $0.milliseconds == nil } ?? false
  }
}
