import Basics
import Clocks
import Deltas
import Testing

@testable import Merging

/// A rule with what is written under it and what it should come to.
struct RuleCase: CustomTestStringConvertible, Sendable {
  let name: String
  let reference: RuleReference
  /// What somebody writes who has a value; nil where there is no row.
  let next: @Sendable (_ view: Value?, _ number: Int, inout SeededGenerator) -> Value
  /// Whether a value is what the rule should come to, for sets without deletions in which every
  /// update has an insertion.
  let isRight: @Sendable (_ shown: Value?, RuleWorld, _ subset: Int) -> Bool
  /// The writes that do not have their way, for such sets.
  let overruled: @Sendable (_ shown: Value?, RuleWorld, _ subset: Int) -> Set<Int>

  static let column = ColumnID(2)
  static let other = ColumnID(3)

  var testDescription: String { name }

  func policy(
    _ deletes: DeleteRule, registry: RuleRegistry = .standard
  ) throws -> MergePolicy {
    try MergePolicy(
      tables: [
        RuleWorld.table: TablePolicy(rules: [Self.column: reference], deletes: deletes)
      ], registry: registry)
  }

  static let all: [RuleCase] = [
    choosing("latest", .latest, time) { isLater($0, $1, $2) },
    choosing("ask", .ask, time) { isLater($0, $1, $2) },
    choosing("first", .first, time) { world, left, right in
      let times = (milliseconds(world, left), milliseconds(world, right))
      return times.0 == times.1 ? isLater(world, left, right) : times.0 < times.1
    },
    choosing("prefer", .prefer([ReplicaID(3), ReplicaID(2)]), time) { world, left, right in
      let ranks = [left, right].map { [3, 2].firstIndex(of: world.replica($0)) ?? 9 }
      let (a, b) = (ranks[0], ranks[1])
      return a == b ? isLater(world, left, right) : a < b
    },
    choosing("greatest", .greatest, kinds) { world, left, right in
      let (a, b) = (worth(world, left), worth(world, right))
      return a == b ? isLater(world, left, right) : a > b
    },
    choosing("least", .least, kinds) { world, left, right in
      let (a, b) = (worth(world, left), worth(world, right))
      if a == b { return isLater(world, left, right) }
      return a == 0 ? false : b == 0 ? true : a < b
    },
    counter, set, lines,
  ]

  // MARK: Rules that choose

  private static func choosing(
    _ name: String, _ reference: RuleReference,
    _ next: @escaping @Sendable (Value?, Int, inout SeededGenerator) -> Value,
    _ isBetter: @escaping @Sendable (RuleWorld, Int, Int) -> Bool
  ) -> RuleCase {
    RuleCase(
      name: name, reference: reference, next: next,
      isRight: { shown, world, subset in
        let candidates = world.candidates(column, subset)
        let best = candidates.first { one in
          candidates.allSatisfy { $0 == one || isBetter(world, one, $0) }
        }
        return shown == best.flatMap { world.value(column, of: $0) }
      },
      overruled: { shown, world, subset in
        Set(world.candidates(column, subset).filter { world.value(column, of: $0) != shown })
      })
  }

  /// Few values, so that some are alike.
  private static let time: @Sendable (Value?, Int, inout SeededGenerator) -> Value = {
    .integer(Int64.random(in: 0..<3, using: &$2) + Int64($1 / 8))
  }

  private static let kindValues: [Value] = [
    .null, .integer(-1), .real(1.5), .integer(2), .real(2.0), .text("a"), .blob([0]),
  ]

  private static let kinds: @Sendable (Value?, Int, inout SeededGenerator) -> Value = {
    kindValues[Int.random(in: 0..<kindValues.count, using: &$2)]
  }

  private static func worth(_ world: RuleWorld, _ index: Int) -> Int {
    switch world.value(column, of: index) {
    case .integer(let integer)?: integer < 0 ? 1 : 3
    case .real(let bits)?: Double(bitPattern: bits) < 2 ? 2 : 3
    case .text?: 4
    case .blob?: 5
    default: 0
    }
  }

  private static func milliseconds(_ world: RuleWorld, _ index: Int) -> Int64 {
    world.history[index].version.milliseconds ?? .min
  }

  private static func isLater(_ world: RuleWorld, _ left: Int, _ right: Int) -> Bool {
    let (a, b) = (milliseconds(world, left), milliseconds(world, right))
    if a != b { return a > b }
    // Without a time the log's first, else the lower number; of one branch its first.
    return a == .min || world.replica(left) == world.replica(right)
      ? left < right : world.replica(left) < world.replica(right)
  }

  /// The latest of the insertions that no other insertion has seen.
  private static func beginnings(_ world: RuleWorld, _ subset: Int) -> [Int] {
    let inserts = world.writes(column, subset).filter {
      world.history[$0].change.kind == .insert
    }
    return world.maximal(inserts).sorted { isLater(world, $0, $1) }
  }

  /// The updates that no insertion has seen.
  private static func operations(_ world: RuleWorld, _ subset: Int) -> [Int] {
    let writes = world.writes(column, subset)
    let inserts = writes.filter { world.history[$0].change.kind == .insert }
    return writes.filter { write in
      !inserts.contains(write) && !inserts.contains { world.history[$0].hasSeen(write) }
    }
  }

  private static func otherBeginnings(_ world: RuleWorld, _ subset: Int) -> Set<Int> {
    let all = beginnings(world, subset)
    return Set(
      all.filter { world.value(column, of: $0) != world.value(column, of: all[0]) })
  }

  // MARK: Rules that put together

  private static let counter = RuleCase(
    name: "counter", reference: .counter,
    next: { view, number, generator in
      let delta = [10, 10, -3, 0][Int.random(in: 0..<4, using: &generator)]
      guard case .integer(let integer)? = view else { return .integer(100 + Int64(number)) }
      return .integer(integer + Int64(delta))
    },
    isRight: { shown, world, subset in
      guard let beginning = beginnings(world, subset).first else { return false }
      let sum = operations(world, subset).reduce(integer(world.value(column, of: beginning))) {
        $0 + integer(world.value(column, of: $1)) - integer(world.previous(column, of: $1))
      }
      return shown == .integer(sum)
    },
    overruled: { _, world, subset in otherBeginnings(world, subset) })

  private static func integer(_ value: Value?) -> Int64 {
    if case .integer(let integer)? = value { return integer }
    return 0
  }

  private static let set = RuleCase(
    name: "set", reference: .set,
    next: { view, number, generator in
      var entries = elements(view)
      let entry = "\"\(["a", "b", "c"][Int.random(in: 0..<3, using: &generator)])\""
      if let index = entries.firstIndex(of: entry) {
        entries.remove(at: index)
      } else {
        entries.append(entry)
      }
      return .text("[\(entries.joined(separator: ", "))]")
    },
    isRight: { shown, world, subset in
      let found = elements(shown)
      return Set(found).count == found.count && Set(found) == setEntries(world, subset)
    },
    overruled: { shown, world, subset in
      let writes = operations(world, subset) + beginnings(world, subset)
      let stays = Set(elements(shown))
      return Set(
        operations(world, subset).filter { remover in
          let removed = Set(elements(world.previous(column, of: remover)))
            .subtracting(elements(world.value(column, of: remover)))
          return removed.contains { entry in
            stays.contains(entry)
              && !writes.contains {
                world.history[$0].hasSeen(remover) && touches($0, entry, world)
              }
          }
        })
    })

  private static func touches(_ index: Int, _ entry: String, _ world: RuleWorld) -> Bool {
    elements(world.value(column, of: index)).contains(entry)
      != elements(world.previous(column, of: index)).contains(entry)
  }

  /// What somebody put in that nobody who knew it took out.
  private static func setEntries(_ world: RuleWorld, _ subset: Int) -> Set<String> {
    let writes = operations(world, subset) + beginnings(world, subset)
    var result: Set<String> = []
    for write in writes {
      let (old, new) = (
        elements(world.previous(column, of: write)),
        elements(world.value(column, of: write))
      )
      for entry in new where !old.contains(entry) {
        let isOut = writes.contains {
          world.history[$0].hasSeen(write)
            && elements(world.previous(column, of: $0)).contains(entry)
            && !elements(world.value(column, of: $0)).contains(entry)
        }
        if !isOut { result.insert(entry) }
      }
    }
    return result
  }

  private static func elements(_ value: Value?) -> [String] {
    let array = value.flatMap(JSONArray.init)
    return (array?.elements ?? []).map { String(decoding: $0, as: UTF8.self) }
  }

  private static let lines = RuleCase(
    name: "lines", reference: .lines,
    next: { view, number, generator in
      var lines = texts(view)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: lines.insert("first by \(number)", at: 0)
      case 1 where lines.count > 1: lines.removeLast()
      case 2 where !lines.isEmpty: lines[lines.count / 2] = "changed by \(number)"
      default: lines.append("last by \(number)")
      }
      return .text(lines.joined(separator: "\n"))
    },
    isRight: { shown, world, subset in
      guard let beginning = beginnings(world, subset).first else { return false }
      var there = Set(texts(world.value(column, of: beginning)))
      var gone: Set<String> = []
      for write in operations(world, subset) {
        let old = Set(texts(world.previous(column, of: write)))
        let new = Set(texts(world.value(column, of: write)))
        there.formUnion(new.subtracting(old))
        gone.formUnion(old.subtracting(new))
      }
      let found = texts(shown)
      return Set(found).count == found.count
        && Set(found).subtracting([""]) == there.subtracting(gone).subtracting([""])
    },
    overruled: { _, world, subset in
      // Of two beginnings only the lines of one are there to be taken out.
      guard beginnings(world, subset).count == 1 else { return otherBeginnings(world, subset) }
      let operations = operations(world, subset)
      let removers = operations.filter { remover in
        addedLines(remover, world).isEmpty
          && operations.contains { changer in
            !addedLines(changer, world).isEmpty
              && !removedLines(changer, world).isDisjoint(with: removedLines(remover, world))
          }
      }
      return otherBeginnings(world, subset).union(removers)
    })

  private static func addedLines(_ index: Int, _ world: RuleWorld) -> Set<String> {
    Set(texts(world.value(column, of: index)))
      .subtracting(texts(world.previous(column, of: index)))
  }

  private static func removedLines(_ index: Int, _ world: RuleWorld) -> Set<String> {
    Set(texts(world.previous(column, of: index)))
      .subtracting(texts(world.value(column, of: index)))
  }

  private static func texts(_ value: Value?) -> [String] {
    guard case .text(let bytes)? = value else { return [] }
    return String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}

extension RuleWorld {
  func replica(_ index: Int) -> Int { Int(history[index].version.dot.replica.rawValue) }
}
