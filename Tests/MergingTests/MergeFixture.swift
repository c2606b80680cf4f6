import Clocks
import Deltas

@testable import Merging

/// One case of `Fixtures/Merges`, as a person wrote it down.
///
/// A story; then one line for each change in the order in which the hub got them, and `has
/// everything` where a branch has synced; then what stands, what is kept in the ledger, and why.
struct MergeFixture {
  struct Malformed: Error {
    var line: String
  }

  var world = SmallWorld()
  /// `stands …`, as written.
  private(set) var stands = ""
  /// `kept …` and the last `why …`, as written.
  private(set) var kept: [String] = []
  private(set) var why: String?

  private static let columnNames = ["name", "phone"]
  private static let branches = ["north", "south", "east"]

  init(_ text: String) throws {
    let parts = text.split(separator: "\n\n")
    guard parts.count == 3 else { throw Malformed(line: "three parts: story, changes, outcome") }
    var positions: [Substring: Int] = [:]
    for line in parts[1].split(separator: "\n") { try read(change: line, &positions) }
    for line in parts[2].split(separator: "\n") {
      let (word, rest) = Self.cut(line)
      switch word {
      case "stands": stands = String(rest)
      case "kept": kept.append(String(rest))
      case "why": why = String(rest)
      default: throw Malformed(line: String(line))
      }
    }
  }

  private mutating func read(change line: Substring, _ positions: inout [Substring: Int]) throws {
    let (branch, rest) = Self.cut(line)
    guard let place = Self.branches.firstIndex(of: String(branch)) else {
      throw Malformed(line: String(line))
    }
    if rest == "has everything" {
      positions[branch] = world.history.count
      return
    }
    let time: Int64?
    var action: Substring
    if rest.hasPrefix("before joining ") {
      (time, action) = (nil, rest.dropFirst("before joining ".count))
    } else {
      let (clock, after) = Self.cut(rest)
      let parts = clock.split(separator: ":").compactMap { Int64($0) }
      guard parts.count == 2 else { throw Malformed(line: String(line)) }
      (time, action) = ((parts[0] * 60 + parts[1]) * 60_000, after)
    }
    let (verb, cells) = Self.cut(action)
    let kinds: [Substring: ChangeKind] = ["adds": .insert, "sets": .update, "deletes": .delete]
    guard let kind = kinds[verb] else { throw Malformed(line: String(line)) }
    action = cells
    var columns: [ColumnID] = []
    var values: [Value] = []
    for cell in action.split(separator: ", ") {
      let (name, value) = Self.cut(cell)
      guard let column = Self.columnNames.firstIndex(of: String(name)), value.hasPrefix("= ") else {
        throw Malformed(line: String(line))
      }
      columns.append(SmallWorld.columns[column])
      values.append(.text(String(value.dropFirst(2))))
    }
    world.append(
      kind, columns, by: UInt32(place + 1), base: positions[branch] ?? 0, milliseconds: time,
      values: values)
  }

  private static func cut(_ line: Substring) -> (Substring, Substring) {
    guard let space = line.firstIndex(of: " ") else { return (line, "") }
    return (line[..<space], line[line.index(after: space)...])
  }

  // MARK: What the core makes of it

  func shown(_ state: RowState) -> String {
    guard state.isAlive else { return "nothing" }
    return zip(Self.columnNames, SmallWorld.columns).map { name, column in
      let value = state.standing(column, table: SmallWorld.table, policy: SmallWorld.policy)?.value
      return "\(name) = \(Self.text(value))"
    }.joined(separator: ", ")
  }

  /// The overruled values of conflicts, each once.
  func shown(_ conflicts: [MergeConflict]) -> [String] {
    var lines: [String] = []
    for conflict in conflicts {
      for value in conflict.values.dropFirst() {
        let branch = Self.branches[Int(value.dot.replica.rawValue) - 1]
        let what: String
        if let column = conflict.column, let index = SmallWorld.columns.firstIndex(of: column) {
          what = "\(Self.columnNames[index]) = \(Self.text(value.value))"
        } else {
          what = value.value.map(Self.text) ?? "deletion"
        }
        let line = "\(what) by \(branch)"
        if !lines.contains(line) { lines.append(line) }
      }
    }
    return lines
  }

  private static func text(_ value: Value?) -> String {
    guard case .text(let bytes)? = value else { return "?" }
    return String(decoding: bytes, as: UTF8.self)
  }
}
