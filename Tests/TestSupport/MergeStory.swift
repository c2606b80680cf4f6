package import Deltas

/// One case of `Fixtures/Merges`, as a person wrote it down.
///
/// A story; if the table has a policy, a line for each thing it says; then one line for each change
/// in the order in which the hub got them, and `has everything` where a branch has synced; then
/// what stands, what is kept in the ledger, by which rule and why. If it comes out differently when
/// whoever came first comes last, that follows under `the other way round`.
package struct MergeStory: Sendable {
  package struct Malformed: Error {
    package var line: String

    package init(line: String) { self.line = line }
  }

  /// What somebody did.
  package struct Event: Hashable, Sendable {
    package var who: String
    /// Since midnight; nil for what was there before the branch joined, and for what has no time.
    package var milliseconds: Int64?
    package var action: Action
  }

  package enum Action: Hashable, Sendable {
    case adds([Cell])
    case sets([Cell])
    /// The same by a program that writes the whole row anew.
    case saves([Cell])
    case deletes
    /// Something about an order of the customer.
    case order(Int64, OrderDeed)
    case hasEverything
    /// The branch's clock goes wrong by so much, negative if it is behind.
    case clockIsAhead(milliseconds: Int64)
    /// A person decides the ledger's newest conflict, or all of it.
    case decides(Choice, all: Bool)
    case takesBack(all: Bool)
  }

  package enum OrderDeed: Hashable, Sendable {
    case adds
    /// What is ordered is something else.
    case sets(String)
    case deletes
  }

  package enum Choice: Hashable, Sendable {
    case branch(String)
    case value(Value)
  }

  package struct Cell: Hashable, Sendable {
    package var column: String
    package var value: Value
    /// Whether the value comes on top of what is there: `points = points + 10`.
    package var isAdded = false
  }

  package private(set) var policy: [PolicyLine] = []
  package private(set) var events: [Event] = []
  /// In the order in which they are written first.
  package private(set) var columns: [String] = []
  package private(set) var outcome = Outcome()
  /// Nil if it comes out alike; of what is kept the order may be another.
  package private(set) var otherOutcome: Outcome?
  /// Why there is only one order in which this can happen.
  package private(set) var whyOneOrder: String?

  package static let branches = ["north", "south", "east"]
  package static let headquarters = "headquarters"
  /// Later than all writes: when the hub gets them.
  package static let receiptHour: Int64 = 23

  package static func isNumber(_ column: String) -> Bool { numberColumns.contains(column) }

  static let textColumns: Set<String> = [
    "name", "phone", "street", "city", "postcode", "email", "status", "notes", "tags", "home",
    "adviser", "visited", "consent", "tier",
  ]
  static let numberColumns: Set<String> = [
    "points", "stock", "price", "limit", "visits", "amount", "discount",
  ]

  package init(_ text: String) throws {
    var parts = text.split(separator: "\n\n").map(String.init)
    var other: String?
    if let last = parts.last, last.hasPrefix("the other way round\n") { other = parts.removeLast() }
    guard parts.count == 3 || parts.count == 4 else {
      throw Malformed(line: "three or four parts: story, policy, changes, outcome")
    }
    for line in parts[parts.count - 2].split(separator: "\n") { try read(event: line) }
    if parts.count == 4 {
      policy = try parts[1].split(separator: "\n").map { try PolicyLine($0) }
      for name in policy.flatMap(\.columns) where !columns.contains(name) {
        throw Malformed(line: "nobody writes \(name), which the policy names")
      }
    }
    var lines = parts[parts.count - 1].split(separator: "\n")
    if let index = lines.firstIndex(where: { $0.hasPrefix("one order because ") }) {
      whyOneOrder = String(lines.remove(at: index).dropFirst("one order because ".count))
    }
    outcome = try Outcome(lines)
    otherOutcome = try other.map { try Outcome($0.split(separator: "\n").dropFirst()) }
  }

  /// Whether it tells of what the merge core knows nothing of: who may write, what people decide.
  package var isForTheHubAlone: Bool {
    policy.contains(where: \.isForTheHubAlone)
      || events.contains { event in
        switch event.action {
        case .decides, .takesBack, .order: true
        default: false
        }
      }
  }

  /// Whether it tells of orders, too.
  package var hasOrders: Bool {
    events.contains { event in
      if case .order = event.action { return true }
      return false
    }
  }

  package func expected(isOtherWayRound: Bool) -> Outcome {
    isOtherWayRound ? otherOutcome ?? outcome : outcome
  }

  /// Whether what is written for the other order would hold without that.
  package var isSaidTwice: Bool {
    otherOutcome.map {
      $0.stands == outcome.stands && $0.waiting == outcome.waiting
        && Set($0.kept) == Set(outcome.kept)
    } ?? false
  }

  /// How an outcome differs from what is written, in sentences; of what is kept, where nothing is
  /// written for the order, only what it is.
  package func differences(
    of found: Outcome, isOtherWayRound: Bool, at place: String
  ) -> [String] {
    let expected = expected(isOtherWayRound: isOtherWayRound)
    let isSame =
      isOtherWayRound && otherOutcome == nil
      ? found.stands == expected.stands && found.waiting == expected.waiting
        && Set(found.kept) == Set(expected.kept)
      : found == expected
    guard !isSame else { return [] }
    let order = isOtherWayRound ? ", the other way round" : ""
    return ["At \(place)\(order):\n\(found.text)\nnot:\n\(expected.text)"]
  }

  // MARK: Reading

  private mutating func read(event line: Substring) throws {
    let (who, rest) = Self.cut(line)
    guard Self.branches.contains(String(who)) || who == Self.headquarters else {
      throw Malformed(line: "no branch \(who)")
    }
    func add(_ action: Action, _ milliseconds: Int64? = nil) {
      events.append(Event(who: String(who), milliseconds: milliseconds, action: action))
    }
    if rest == "has everything" { return add(.hasEverything) }
    if rest.hasPrefix("clock is ") {
      let words = rest.split(separator: " ")
      guard words.count == 5, let minutes = Int64(words[2]), words[3] == "minutes",
        ["ahead", "behind"].contains(words[4])
      else { throw Malformed(line: String(line)) }
      return add(.clockIsAhead(milliseconds: minutes * (words[4] == "ahead" ? 60_000 : -60_000)))
    }
    if rest.hasPrefix("before joining adds ") {
      return add(.adds(try cells(rest.dropFirst("before joining adds ".count))))
    }
    let (clock, deed) = Self.cut(rest)
    let parts = clock.split(separator: ":").compactMap { Int64($0) }
    guard parts.count == 2 else { throw Malformed(line: String(line)) }
    let (verb, text) = Self.cut(deed)
    add(try action(verb, text, line), (parts[0] * 60 + parts[1]) * 60_000)
  }

  /// `adds order 5`, `sets order 5 to tea`, `deletes order 5`.
  private static func order(_ verb: Substring, _ text: Substring) -> Action? {
    let words = text.split(separator: " ", maxSplits: 3)
    guard words.count >= 2, words[0] == "order", let number = Int64(words[1]) else { return nil }
    switch (verb, words.count) {
    case ("adds", 2): return .order(number, .adds)
    case ("sets", 4) where words[2] == "to": return .order(number, .sets(String(words[3])))
    case ("deletes", 2): return .order(number, .deletes)
    default: return nil
    }
  }

  private mutating func action(
    _ verb: Substring, _ text: Substring, _ line: Substring
  ) throws -> Action {
    if let order = Self.order(verb, text) { return order }
    switch verb {
    case "adds": return .adds(try cells(text))
    case "sets": return .sets(try cells(text))
    case "saves": return .saves(try cells(text))
    case "deletes" where text.isEmpty: return .deletes
    case "takes" where text == "it back": return .takesBack(all: false)
    case "takes" where text == "all back": return .takesBack(all: true)
    case "decides":
      let isAll = text.hasPrefix("all ")
      let rest = isAll ? text.dropFirst("all ".count) : text
      if rest.hasPrefix("for ") {
        return .decides(.branch(String(rest.dropFirst("for ".count))), all: isAll)
      }
      guard let cell = try cells(rest).first else { throw Malformed(line: String(line)) }
      return .decides(.value(cell.value), all: isAll)
    default: throw Malformed(line: String(line))
    }
  }

  private mutating func cells(_ text: Substring) throws -> [Cell] {
    try text.split(separator: ", ").map { part in
      let (name, written) = Self.cut(part, at: " = ")
      let column = String(name)
      guard Self.textColumns.contains(column) || Self.numberColumns.contains(column) else {
        throw Malformed(line: "no column \(name)")
      }
      if !columns.contains(column) { columns.append(column) }
      for (sign, factor) in [(" + ", ""), (" - ", "-")] where written.hasPrefix(column + sign) {
        let amount = factor + written.dropFirst(column.count + sign.count)
        return Cell(column: column, value: Self.value(amount[...], of: column), isAdded: true)
      }
      return Cell(column: column, value: Self.value(written, of: column))
    }
  }

  private static func value(_ text: Substring, of column: String) -> Value {
    if text == "nothing" { return .null }
    if numberColumns.contains(column) {
      if let integer = Int64(text) { return .integer(integer) }
      if let real = Double(text) { return .real(real) }
    }
    return .text(text.split(separator: " / ").joined(separator: "\n"))
  }

  static func cut(_ line: Substring, at separator: String = " ") -> (Substring, Substring) {
    guard let range = line.firstRange(of: separator) else { return (line, "") }
    return (line[..<range.lowerBound], line[range.upperBound...])
  }
}
