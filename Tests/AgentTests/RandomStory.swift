import Basics

/// A random case in the words of `Fixtures/Merges`, without an outcome: three branches that add,
/// change, delete and sync one row under a random policy.
struct RandomStory {
  private var generator: SeededGenerator
  private var columns: [String] = []
  private var unit: [String] = []
  private var rules: [String: String] = [:]
  private(set) var policy: [String] = []
  private(set) var events: [String] = []

  private static let branches = ["north", "south", "east"]
  private static let choosing = [
    "latest", "first", "greatest", "least", "ask", "prefer south", "prefer east, north",
  ]

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    columns = Array(
      ["name", "phone", "price", "points", "tags", "notes", "tier", "status"]
        .shuffled(using: &generator).prefix(pick(4) + 2))
    makePolicy()
    makeEvents()
  }

  /// With more at its end.
  func text(and more: [String] = []) -> String {
    [["Random."], policy, events + more, ["stands ?"]].map { $0.joined(separator: "\n") }
      .joined(separator: "\n\n")
  }

  private mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &generator) }
  private mutating func any(_ words: [String]) -> String { words[pick(words.count)] }

  private mutating func makePolicy() {
    let plain = columns.filter { ["name", "phone", "tier", "status"].contains($0) }
    if plain.count > 1, generator.chance(350) {
      unit = plain
      policy.append(
        "unit \(unit.joined(separator: ", "))"
          + any(["", " by first", " by ask", " by prefer south", " by prefer east, north"]))
    }
    for column in columns where !unit.contains(column) {
      let operation = ["points": "counter", "price": "counter", "tags": "set", "notes": "lines"]
      let rule = operation[column].flatMap { generator.chance(800) ? $0 : nil }
      rules[column] = rule ?? any(Self.choosing)
      policy.append("rule \(column) \(rules[column] ?? "")")
    }
    policy.append("deletes \(any(["lose", "win", "ask"]))")
  }

  /// Then branches notice what a program changes that saves the whole row.
  private var isCounting: Bool {
    rules.values.contains { ["counter", "set", "lines"].contains($0) }
  }

  private mutating func makeEvents() {
    // Who surely has the row, and who has deleted it without having heard anything since.
    var having: Set<String> = []
    var without: Set<String> = []
    if generator.chance(600) {
      events = ["north 09:00 adds \(cells(columns))"]
      events += Self.branches.dropFirst().map { "\($0) has everything" }
      having = Set(Self.branches)
    } else {
      for name in Self.branches.shuffled(using: &generator).prefix(2) {
        events.append("\(name) \(time()) adds \(cells(columns))")
        having.insert(name)
      }
    }
    for _ in 0..<pick(8) + 2 {
      let name = any(Self.branches)
      switch pick(8) {
      case 0...3 where having.contains(name):
        let some = Array(columns.shuffled(using: &generator).prefix(pick(3) + 1))
        let verb = isCounting && generator.chance(300) ? "saves" : "sets"
        events.append("\(name) \(time()) \(verb) \(cells(some, isUpdate: true))")
      case 4 where having.contains(name):
        events.append("\(name) \(time()) deletes")
        having.remove(name)
        without.insert(name)
      case 5 where without.contains(name):
        events.append("\(name) \(time()) adds \(cells(columns))")
        without.remove(name)
        having.insert(name)
      case 6, 7:
        events.append("\(name) has everything")
        without.remove(name)
      default: break
      }
    }
  }

  private mutating func time() -> String {
    let minutes = pick(600)
    return "\(10 + minutes / 60):\(minutes % 60)"
  }

  private mutating func cells(_ columns: [String], isUpdate: Bool = false) -> String {
    columns.map { column in
      if isUpdate, rules[column] == "counter", generator.chance(600) {
        return "\(column) = \(column) \(any(["+", "-"])) \(pick(9) + 1)"
      }
      return "\(column) = \(value(column))"
    }.joined(separator: ", ")
  }

  private mutating func value(_ column: String) -> String {
    if generator.chance(100) { return "nothing" }
    switch column {
    case "price", "points": return any(["0", "1", "2", "5", "8", "2.5", "8.0"])
    case "tags": return any(["[]", "[\"a\"]", "[\"b\",\"a\"]", "[\"c\"]", "[\"a\",\"c\"]"])
    case "notes": return any(["One", "One / Two", "Two / Three", "One / Four / Two", "Three"])
    default: return any(["A", "B", "C", "D"])
    }
  }
}
