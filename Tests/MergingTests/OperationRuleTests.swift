import Basics
import Clocks
import Deltas
import Testing

@testable import Merging

/// What counting, uniting and weaving come to in cases that are easily got wrong.
struct OperationRuleTests {
  /// A beginning that everybody has seen, and operations on it that have seen nothing else.
  private static func versions(
    _ beginning: Value, _ operations: [(previous: Value, value: Value)]
  ) -> [CellVersion] {
    let first = Version(
      dot: Dot(replica: ReplicaID(1), counter: 1), position: LogPosition(1), base: .start,
      milliseconds: 0)
    return [CellVersion(version: first, value: beginning)]
      + operations.enumerated().map { index, operation in
        let version = Version(
          dot: Dot(replica: ReplicaID(UInt32(index + 2)), counter: 1),
          position: LogPosition(UInt64(index + 2)), base: LogPosition(1),
          milliseconds: Int64(index))
        return CellVersion(
          version: version, value: operation.value, previous: operation.previous)
      }
  }

  private static func value(
    _ rule: some MergeRule, _ beginning: Value, _ operations: (previous: Value, value: Value)...
  ) -> Value {
    rule.resolve(versions(beginning, operations)).value
  }

  @Test(arguments: 0..<50) func theSumOfRandomIncrementsIsExact(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let column = RuleCase.column
    var world = RuleWorld(
      try MergePolicy(tables: [RuleWorld.table: TablePolicy(rules: [column: .counter])]))
    world.append(
      .insert, [(column, .integer(1_000))], by: 1, base: 0, milliseconds: 0, view: RowState())
    var sum: Int64 = 1_000
    for _ in 0..<40 {
      let replica = UInt32.random(in: 1...5, using: &generator)
      let base = Int.random(
        in: max(1, world.baseMin(of: replica))...world.history.count, using: &generator)
      let view = world.state(world.indices(world.knowledge(of: replica, base: base)))
      guard case .integer(let had)? = world.shown(column, in: view) else {
        Issue.record("A count that is no integer.")
        return
      }
      let delta = Int64.random(in: -50...50, using: &generator)
      sum += delta
      world.append(
        .update, [(column, .integer(had + delta))], by: replica, base: base,
        milliseconds: Int64.random(in: 0..<100, using: &generator), view: view)
    }
    for _ in 0..<3 {
      let order = world.history.indices.shuffled(using: &generator)
      #expect(world.shown(column, in: world.state(order)) == .integer(sum))
    }
  }

  @Test func countsThatFitNoIntegerBecomeReal() {
    let top = Int64.max
    #expect(
      Self.value(
        CounterRule(), .integer(top - 5), (.integer(top - 5), .integer(top)),
        (.integer(top - 5), .integer(top - 4))) == .real(Double(top) + 1))
    // On the way there it may be as large as it will.
    #expect(
      Self.value(
        CounterRule(), .integer(top - 5), (.integer(top - 5), .integer(top)),
        (.integer(top - 5), .integer(top - 4)), (.integer(top - 5), .integer(top - 25)))
        == .integer(top - 19))
    #expect(
      Self.value(
        CounterRule(), .integer(0), (.integer(.min), .integer(.max)),
        (.integer(.max), .integer(.min))) == .integer(0))
  }

  @Test func whatIsNoNumberIsNotCounted() {
    #expect(
      Self.value(CounterRule(), .text("x"), (.text("x"), .integer(3)), (.text("x"), .integer(4)))
        == .integer(4))
    #expect(
      Self.value(CounterRule(), .integer(3), (.integer(3), .text("x")), (.integer(3), .integer(4)))
        == .integer(4))
    #expect(
      Self.value(
        CounterRule(), .null, (.null, .integer(4)), (.null, .real(.infinity))) == .real(.infinity))
  }

  @Test func entriesAreWhatTheirJSONSays() throws {
    func elements(_ text: String) -> [String]? {
      JSONArray(.text(text))?.elements.map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(
      elements(" [ 1 , 1.0,-0 , 1e5, \"a\\u0062\\/\" ,null, true,false ] ")
        == ["1", "1.0", "-0", "1e5", "\"ab/\"", "null", "true", "false"])
    #expect(elements(#"[{"b":1,"a":[ ]},{"a":[],"b":1}]"#) == [#"{"a":[],"b":1}"#])
    #expect(elements(#"["\ud83d\ude00","😀"]"#) == ["\"😀\""])
    #expect(elements(#"["\n\u0001\"\\"]"#) == [#""\n\u0001\"\\""#])
    #expect(elements("[]") == [])
    #expect(JSONArray(.null)?.elements == [])
    let none = [
      "", "[", "[1", "[1,]", "[,1]", "[01]", "[1.]", "[.5]", "[+1]", "[\"a]", "[\"\\x\"]",
      "[\"\\ud83d\"]", "[\"\\ude00\"]", "[tru]", "{}", "\"a\"", "[1] 2", "[\"\u{1}\"]", "[{1:2}]",
      "[{\"a\"}]", "[1 2]",
    ]
    for text in none { #expect(elements(text) == nil, "\(text)") }
    #expect(JSONArray(.text([0x5b, 0x22, 0xff, 0x22, 0x5d])) == nil)
    let deep = String(repeating: "[", count: 1_000) + String(repeating: "]", count: 1_000)
    #expect(elements(deep) == nil)
    #expect(JSONArray(.integer(1)) == nil && JSONArray(.blob([])) == nil)
  }

  @Test(arguments: 0..<200) func differencesAreLongest(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    func text() -> [ArraySlice<UInt8>] {
      (0..<Int.random(in: 0...7, using: &generator)).map { _ in
        [UInt8.random(in: 0..<3, using: &generator)]
      }
    }
    let (first, second) = (text(), text())
    let places = LineDifference(first, second).places
    let kept = places.compactMap(\.self)
    #expect(places.count == first.count)
    #expect(zip(kept, kept.dropFirst()).allSatisfy(<))
    for (index, place) in places.enumerated() {
      if let place { #expect(first[index] == second[place]) }
    }
    func longest(_ row: Int, _ column: Int) -> Int {
      guard row < first.count, column < second.count else { return 0 }
      if first[row] == second[column] { return longest(row + 1, column + 1) + 1 }
      return max(longest(row + 1, column), longest(row, column + 1))
    }
    #expect(kept.count == longest(0, 0))
  }

  @Test func textsAreWoven() {
    func woven(_ beginning: String, _ first: String, _ second: String) -> Value {
      Self.value(
        LinesRule(), .text(beginning), (.text(beginning), .text(first)),
        (.text(beginning), .text(second)))
    }
    #expect(woven("a\n", "a\nb\n", "a\nc\n") == .text("a\nb\nc\n"))
    #expect(woven("a\nb\nc", "a\nc", "a\nb") == .text("a"))
    #expect(woven("a", "", "a\nb") == .text("\nb"))
    #expect(woven("", "a", "b") == .text("a\nb"))
    #expect(woven("a\nb", "a", "b") == .text(""))
    #expect(woven("a\nb\nc", "x\nb\nc", "a\nb\ny") == .text("x\nb\ny"))
    #expect(
      Self.value(LinesRule(), .text("a"), (.text("a"), .null), (.text("a"), .null)) == .null)
    #expect(
      Self.value(LinesRule(), .text("a"), (.text("a"), .null), (.text("a"), .text("a\nb")))
        == .text("b"))
  }

  /// What the author had need not be what the merge shows, where a program or a policy changed.
  @Test func whatTheAuthorHadNeedNotBeKnown() {
    #expect(
      Self.value(
        LinesRule(), .text("a\nb"), (.text("a\nq\nb"), .text("a\nq\nb\nc")),
        (.text("b"), .text("x\nb"))) == .text("a\nx\nb\nc"))
    #expect(
      Self.value(
        SetRule(), .text("[1]"), (.text("[1,2]"), .text("[1]")), (.text("[7]"), .text("[7,8]")))
        == .text("[1,8]"))
  }

  @Test func longTextsAreDifferentThroughout() {
    let first = (0..<3_000).map { "first \($0)" }.joined(separator: "\n")
    let second = (0..<3_000).map { "second \($0)" }.joined(separator: "\n")
    let result = Self.value(
      LinesRule(), .text("start"), (.text("start"), .text(first)), (.text("start"), .text(second)))
    #expect(result == .text(first + "\n" + second))
  }
}
