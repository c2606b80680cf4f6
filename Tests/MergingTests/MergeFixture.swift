import Clocks
import Deltas
import Foundation

@testable import Merging

/// One case of `Fixtures/Merges`, as a person wrote it down.
///
/// A story; if the table has a policy, a line for each thing it says; then one line for each change
/// in the order in which the hub got them, and `has everything` where a branch has synced; then
/// what stands, what is kept in the ledger, and why.
///
/// What a branch had in a cell before it wrote is what the merge showed it; of columns that are
/// decided as one it sends all.
struct MergeFixture {
  struct Malformed: Error {
    var line: String
  }

  private(set) var world = RuleWorld(MergePolicy())
  /// `stands …`, as written.
  private(set) var stands = ""
  /// `kept …` and the last `why …`, as written.
  private(set) var kept: [String] = []
  private(set) var why: String?
  /// Whether it says `waits for a person`.
  private(set) var waits = false
  /// In the order in which they are written first.
  private(set) var columns: [ColumnID] = []

  private static let columnNames = [
    "name", "phone", "street", "city", "postcode", "email", "status", "notes", "tags", "points",
    "stock", "price", "limit", "visits",
  ]
  private static let numbers: Set<Substring> = ["points", "stock", "price", "limit", "visits"]
  private static let branches = ["north", "south", "east", "headquarters"]

  init(_ text: String) throws {
    var parts = text.split(separator: "\n\n")
    guard parts.count == 3 || parts.count == 4 else {
      throw Malformed(line: "three or four parts: story, policy, changes, outcome")
    }
    if parts.count == 4 { world = RuleWorld(try Self.policy(parts.remove(at: 1))) }
    var positions: [Substring: Int] = [:]
    for line in parts[1].split(separator: "\n") { try read(change: line, &positions) }
    for line in parts[2].split(separator: "\n") {
      let (word, rest) = Self.cut(line)
      switch word {
      case "stands": stands = String(rest)
      case "kept": kept.append(String(rest))
      case "why": why = String(rest)
      case "waits" where rest == "for a person": waits = true
      default: throw Malformed(line: String(line))
      }
    }
  }

  // MARK: The policy

  private static func policy(_ lines: Substring) throws -> MergePolicy {
    var table = TablePolicy()
    for line in lines.split(separator: "\n") {
      let (word, rest) = cut(line)
      switch word {
      case "rule":
        let (name, rule) = cut(rest)
        table.rules[try column(name)] = try reference(rule)
      case "unit":
        let (names, rule) = cut(rest, at: " by ")
        table.units.append(
          TablePolicy.Unit(
            columns: try names.split(separator: ", ").map(column).sorted(),
            rule: rule.isEmpty ? .latest : try reference(rule)))
      case "deletes":
        let rules: [Substring: DeleteRule] = ["lose": .lose, "win": .win, "ask": .ask]
        guard let rule = rules[rest] else { throw Malformed(line: String(line)) }
        table.deletes = rule
      default: throw Malformed(line: String(line))
      }
    }
    return try MergePolicy(tables: [RuleWorld.table: table])
  }

  private static func reference(_ text: Substring) throws -> RuleReference {
    let (name, arguments) = cut(text)
    return RuleReference(
      String(name),
      try arguments.split(separator: ", ").map { .replica(try replica($0)) })
  }

  private static func column(_ name: Substring) throws -> ColumnID {
    guard let index = columnNames.firstIndex(of: String(name)) else {
      throw Malformed(line: "no column \(name)")
    }
    return ColumnID(UInt16(index + 2))
  }

  private static func replica(_ name: Substring) throws -> ReplicaID {
    guard let index = branches.firstIndex(of: String(name)) else {
      throw Malformed(line: "no branch \(name)")
    }
    return ReplicaID(UInt32(index + 1))
  }

  // MARK: Changes

  private mutating func read(change line: Substring, _ positions: inout [Substring: Int]) throws {
    let (branch, rest) = Self.cut(line)
    let replica = try Self.replica(branch)
    if rest == "has everything" {
      positions[branch] = world.history.count
      return
    }
    let time: Int64?
    let action: Substring
    if rest.hasPrefix("before joining ") {
      (time, action) = (nil, rest.dropFirst("before joining ".count))
    } else {
      let (clock, after) = Self.cut(rest)
      let parts = clock.split(separator: ":").compactMap { Int64($0) }
      guard parts.count == 2 else { throw Malformed(line: String(line)) }
      (time, action) = ((parts[0] * 60 + parts[1]) * 60_000, after)
    }
    let (verb, text) = Self.cut(action)
    let kinds: [Substring: ChangeKind] = ["adds": .insert, "sets": .update, "deletes": .delete]
    guard let kind = kinds[verb] else { throw Malformed(line: String(line)) }
    var cells: [ColumnID: Value] = [:]
    for cell in text.split(separator: ", ") {
      let (name, value) = Self.cut(cell, at: " = ")
      cells[try Self.column(name)] = try Self.value(value, isNumber: Self.numbers.contains(name))
      if try !columns.contains(Self.column(name)) { columns.append(try Self.column(name)) }
    }
    let base = positions[branch] ?? 0
    let view = world.state(world.indices(world.knowledge(of: replica.rawValue, base: base)))
    for unit in world.policy.units(of: RuleWorld.table)
    where kind == .update && unit.columns.contains(where: { cells[$0] != nil }) {
      for column in unit.columns where cells[column] == nil {
        cells[column] = world.shown(column, in: view)
      }
    }
    world.append(
      kind, cells.keys.sorted().map { ($0, cells[$0] ?? .null) }, by: replica.rawValue, base: base,
      milliseconds: time, view: view)
  }

  private static func value(_ text: Substring, isNumber: Bool) throws -> Value {
    if text == "nothing" { return .null }
    if isNumber, let integer = Int64(text) { return .integer(integer) }
    if isNumber, let real = Double(text) { return .real(real) }
    return .text(text.split(separator: " / ").joined(separator: "\n"))
  }

  private static func cut(
    _ line: Substring, at separator: String = " "
  ) -> (Substring, Substring) {
    guard let range = line.firstRange(of: separator) else { return (line, "") }
    return (line[..<range.lowerBound], line[range.upperBound...])
  }

  // MARK: What the core makes of it

  func shown(_ state: RowState) -> String {
    guard world.isAlive(state) else { return "nothing" }
    return columns.map { column in
      "\(Self.name(column)) = \(Self.text(world.shown(column, in: state)))"
    }.joined(separator: ", ")
  }

  /// The overruled values of conflicts, each once.
  func shown(_ conflicts: [MergeConflict]) -> [String] {
    var lines: [String] = []
    for conflict in conflicts {
      for side in conflict.sides.dropFirst() {
        let branch = Self.branches[Int(side.version.dot.replica.rawValue) - 1]
        let line = "\(Self.text(side, of: conflict)) by \(branch)"
        if !lines.contains(line) { lines.append(line) }
      }
    }
    return lines
  }

  private static func text(_ side: MergeConflict.Side, of conflict: MergeConflict) -> String {
    guard let values = side.values else { return "deletion" }
    guard !conflict.columns.isEmpty else { return "change to \(text(values.first))" }
    return zip(conflict.columns, values).map { "\(name($0)) = \(text($1))" }
      .joined(separator: ", ")
  }

  private static func name(_ column: ColumnID) -> String { columnNames[Int(column.rawValue) - 2] }

  private static func text(_ value: Value?) -> String {
    switch value {
    case .text(let bytes)?:
      String(decoding: bytes, as: UTF8.self).split(separator: "\n").joined(separator: " / ")
    case .integer(let integer)?: "\(integer)"
    case .real(let bits)?: "\(Double(bitPattern: bits))"
    default: "nothing"
    }
  }
}
