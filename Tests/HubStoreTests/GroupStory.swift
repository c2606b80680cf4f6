import Basics
import Clocks
import Deltas
import Foundation
import HubStore
import Merging
import Storage
import TestSupport
import Testing

/// An order and its lines, which live and die together, and what three branches do to them: first
/// in turns, each with what it has heard of by then, and in the end each by itself.
struct GroupStory {
  /// One changeset as whoever looks at all of them sees it.
  struct Deed {
    let number: Int
    let dot: Dot
    /// What its author had heard of, and what it had made itself.
    let seen: Set<Int>
    let changes: [RowChange]

    func change(of key: RowKey) -> RowChange? { changes.first { $0.key == key } }
  }

  static let lines: Range<Int64> = 1..<4

  let shop: Shop
  let deletes: DeleteRule
  private(set) var branches: [ImitatedBranch]
  private(set) var deeds: [Deed] = []
  /// The last deeds, which nobody has heard of: of each branch in its order.
  private(set) var apart: [[ImitatedBranch.Sealed]] = [[], [], []]
  private var seen: [Set<Int>] = [[], [], []]
  private var random: SeededGenerator
  private var now = TestHub.now - 1_000_000

  init(seed: UInt64, deletes: DeleteRule, isApart: Bool = true) throws {
    shop = try Shop()
    self.deletes = deletes
    random = SeededGenerator(seed: seed)
    branches = [shop.hub.branch(1), shop.hub.branch(2), shop.hub.branch(3)]
    try Self.publish(deletes, in: shop)
    let opening =
      [shop.insert("orders", [1], [.null, .text("tea")], at: now)]
      + [1, 2].map { shop.insert("line", [1, $0], [.integer(now)], at: now) }
    write(opening, at: 0)
    for index in branches.indices { try sync(index) }
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let index = Int.random(in: 0..<3, using: &random)
      write(changes(at: index), at: index)
      try sync(index)
      if random.chance(500) { try sync(Int.random(in: 0..<3, using: &random)) }
    }
    guard isApart else { return }
    for index in branches.indices {
      for _ in 0..<(index == 0 ? 2 : 1) {
        apart[index].append(write(changes(at: index), at: index))
      }
    }
  }

  static func publish(_ deletes: DeleteRule, in shop: Shop) throws {
    let (order, line) = (shop.table("orders"), shop.table("line"))
    let parent = TablePolicy.Parent(table: order.id, columns: [line.keyColumns[0]])
    _ = try shop.store.publish(
      MergePolicy(tables: [
        order.id: TablePolicy(deletes: deletes), line.id: TablePolicy(parent: parent),
      ]),
      source: "", wallMilliseconds: TestHub.now)
  }

  var order: RowKey { shop.key("orders", 1) }
  func line(_ number: Int64) -> RowKey { shop.key("line", 1, number) }

  @discardableResult
  private mutating func write(_ changes: [RowChange], at index: Int) -> ImitatedBranch.Sealed {
    let number = deeds.count
    seen[index].insert(number)
    let sealed = branches[index].write(changes)
    deeds.append(
      Deed(number: number, dot: sealed.header.dot, seen: seen[index], changes: changes))
    return sealed
  }

  private mutating func sync(_ index: Int) throws {
    try shop.store.sync(&branches[index])
    seen[index] = Set(0..<deeds.count)
  }

  private mutating func changes(at index: Int) -> [RowChange] {
    now += 1
    let rows = branches[index].rows
    let lines = Self.lines.map(line).filter { rows[$0] != nil }
    let line = line(Int64.random(in: Self.lines, using: &random))
    func added(_ key: RowKey) -> RowChange {
      RowChange(
        key: key, kind: .insert, columns: shop.table("line").valueColumns,
        values: [.integer(now)], milliseconds: now, base: nil)
    }
    func written(_ key: RowKey) -> RowChange {
      rows[key] == nil ? added(key) : shop.update(key, "quantity", .integer(now), at: now)
    }
    guard rows[order] != nil else {
      // A line for an order that is known to be gone, or the order anew, perhaps with a line.
      if random.chance(300) { return [written(line)] }
      let anew = shop.insert("orders", [1], [.null, .text("w\(now)")], at: now)
      return random.chance(500) ? [anew] : [anew, written(line)]
    }
    switch Int.random(in: 0..<10, using: &random) {
    case 0, 1, 2: return [written(line)]
    case 3:
      return rows[line] == nil ? [added(line)] : [.delete(line, at: now)]
    case 4: return [shop.update(order, "item", .text("w\(now)"), at: now)]
    case 5:
      var all = shop.insert("orders", [1], [.null, .text("w\(now)")], at: now)
      all.kind = .update
      return [all]
    case 6: return [.delete(order, at: now)]
    default: return lines.map { .delete($0, at: now) } + [.delete(order, at: now)]
    }
  }

  /// What was done, for whoever looks for what went wrong: a line for each deed, with what its
  /// author had heard of.
  var text: String {
    return deeds.map { deed in
      let what = deed.changes.map { "\($0.kind) \(names([$0.key])[0])" }.joined(separator: ", ")
      return "\(deed.number), having seen \(deed.seen.sorted()): \(what)"
    }.joined(separator: "\n")
  }

  func names(_ keys: some Sequence<RowKey>) -> [String] {
    let all = [("order", order)] + Self.lines.map { ("line \($0)", line($0)) }
    return all.filter { Set(keys).contains($0.1) }.map(\.0)
  }

  /// Writes and syncs on, and lets the hub forget what everybody has, or not.
  mutating func walk(steps: Int, prunes: Bool) throws {
    for _ in 0..<steps {
      let index = Int.random(in: 0..<3, using: &random)
      if random.chance(500) {
        write(changes(at: index), at: index)
      } else {
        try sync(index)
      }
      let isTime = random.chance(400)
      guard prunes, isTime else { continue }
      _ = try shop.store.prune(rowsAtMost: 2, awayBeforeMilliseconds: 0)
    }
    try shop.settle(&branches)
    // By now the hub knows that everybody has everything.
    for index in branches.indices { try sync(index) }
  }

  // MARK: Orders of arrival

  /// All orders in which the last deeds can come: of each branch they come in turn.
  var arrivals: [[Int]] {
    func orders(_ left: [Int]) -> [[Int]] {
      guard left.contains(where: { $0 > 0 }) else { return [[]] }
      return left.indices.filter { left[$0] > 0 }.flatMap { index in
        var rest = left
        rest[index] -= 1
        return orders(rest).map { [index] + $0 }
      }
    }
    return orders(apart.map(\.count))
  }

  /// The hub, once the last deeds have come in an order.
  func arrived(_ order: [Int]) throws -> TestHub {
    let hub = try TestHub(copying: shop.hub)
    var rest = apart.map { $0[...] }
    for index in order {
      guard let sealed = rest[index].popFirst() else { continue }
      _ = try hub.store.push(branches[index], [sealed])
    }
    return hub
  }

  // MARK: What is to stand

  /// Writes that no deletion had seen, to rows that do not stand: each but those that others of
  /// the row follow.
  var overruled: [(key: RowKey, dot: Dot)] {
    let deletions = deeds.filter { $0.change(of: order)?.kind == .delete }
    let stands = standing
    return ([order] + Self.lines.map(line)).filter { !stands.contains($0) }.flatMap { row in
      let writes = deeds.filter { $0.change(of: row).map { $0.kind != .delete } ?? false }
      let all = deletions + deeds.filter { $0.change(of: row)?.kind == .delete }
      return writes.filter { write in
        !(writes + all).contains { $0.knows(write) }
      }.map { (row, $0.dot) }
    }
  }

  /// Which rows stand, out of all that was done: as docs/decisions/0021 says it, without any
  /// thought of how it could be found out step by step.
  var standing: Set<RowKey> {
    let deletions = deeds.filter { $0.change(of: order)?.kind == .delete }
    let rows = [order] + Self.lines.map(line)
    let uses = deeds.filter { deed in
      deed.changes.contains { rows.contains($0.key) && $0.kind != .delete }
        && !deletions.contains { $0.knows(deed) }
    }
    return Set(
      rows.filter { row in
        let writes = deeds.filter { $0.change(of: row).map { $0.kind != .delete } ?? false }
        let own = deeds.filter { $0.change(of: row)?.kind == .delete }
        if deletes == .win {
          let besides = own.filter { one in !deletions.contains { $0.number == one.number } }
          let all = deletions + besides
          return writes.contains { write in !all.contains { $0.knows(write) } }
            && all.allSatisfy { one in
              (writes + all).contains { $0.number != one.number && $0.knows(one) }
            }
        }
        let apart = own.filter { one in !deletions.contains { $0.number == one.number } }
        return writes.contains { write in !apart.contains { $0.knows(write) } }
          && deletions.allSatisfy { deletion in
            writes.contains { $0.knowsOr(deletion) } || uses.contains { !$0.knowsOr(deletion) }
          }
          && (deletions.isEmpty || !uses.isEmpty)
      })
  }
}

extension GroupStory.Deed {
  /// Whether its author had seen another deed.
  func knows(_ other: Self) -> Bool { number != other.number && seen.contains(other.number) }
  /// Or did it with the same changeset.
  func knowsOr(_ other: Self) -> Bool { seen.contains(other.number) }
}
