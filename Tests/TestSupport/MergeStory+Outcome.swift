package import Deltas

extension MergeStory {
  /// What stands in the end, and what the ledger has.
  package struct Outcome: Hashable, Sendable {
    /// The row as `name = Li Wei, phone = 100`, or `nothing`.
    package var stands = ""
    /// Each once, in the order in which they were noted.
    package var kept: [Kept] = []
    /// What is in quarantine, as `order 5: why`.
    package var waiting: [String] = []

    package init(stands: String = "", kept: [Kept] = [], waiting: [String] = []) {
      self.stands = stands
      self.waiting = waiting
      for entry in kept where !self.kept.contains(entry) { self.kept.append(entry) }
    }
  }

  /// A value that did not have its way.
  package struct Kept: Hashable, Sendable {
    /// As `phone = 200 by north`.
    package var what: String
    package var rule: String
    package var why: String
    package var state: ConflictState

    package init(what: String, rule: String, why: String, state: ConflictState) {
      self.what = what
      self.rule = rule
      self.why = why
      self.state = state
    }
  }

  private static let states: [(ConflictState, String)] = [
    (.open, "waits for a person"), (.decided, "decided by a person"),
    (.refused, "refused and put back"),
  ]

  /// What of a conflict's sides is kept, beside who wrote it: all but the first. `values` is nil
  /// for a deletion; `columns` is empty where a change stood against one.
  package static func what(
    columns: [String], values: [Value]?, by branch: String
  ) -> String {
    guard let values else { return "deletion by \(branch)" }
    guard let first = values.first else { return "reference by \(branch)" }
    guard !columns.isEmpty else { return "change to \(text(first)) by \(branch)" }
    return row(columns, values) + " by \(branch)"
  }

  package static func row(_ columns: [String], _ values: [Value]) -> String {
    zip(columns, values).map { "\($0) = \(text($1))" }.joined(separator: ", ")
  }

  private static func text(_ value: Value?) -> String {
    switch value {
    case .text(let bytes)?:
      String(decoding: bytes, as: UTF8.self).split(separator: "\n").joined(separator: " / ")
    case .integer(let integer)?: "\(integer)"
    case .real(let bits)?: "\(Double(bitPattern: bits))"
    case .blob(let bytes)?: "\(bytes)"
    case .null?, nil: "nothing"
    }
  }
}

extension MergeStory.Outcome {
  init(_ lines: some Sequence<Substring>) throws {
    // Of one entry: what was kept, then the rule, the reason and, if it is not settled, the state.
    var group: [String] = []
    var rule = ""
    for line in lines {
      let (word, rest) = MergeStory.cut(line)
      switch word {
      case "stands" where kept.isEmpty && group.isEmpty: stands = String(rest)
      case "waits" where rest.hasPrefix("order "): waiting.append(String(rest))
      case "kept":
        if !rule.isEmpty { (group, rule) = ([], "") }
        group.append(String(rest))
      case "by" where rest.hasPrefix("rule ") && rule.isEmpty:
        rule = String(rest.dropFirst("rule ".count))
      case "why" where !group.isEmpty && !rule.isEmpty:
        kept += group.map {
          MergeStory.Kept(what: $0, rule: rule, why: String(rest), state: .settled)
        }
      default:
        guard let state = MergeStory.state(line), kept.count >= group.count, !group.isEmpty else {
          throw MergeStory.Malformed(line: String(line))
        }
        for index in kept.indices.suffix(group.count) { kept[index].state = state }
      }
    }
  }

  /// As a person would write it down.
  package var text: String {
    var lines = ["stands \(stands)"] + waiting.map { "waits \($0)" }
    for (index, entry) in kept.enumerated() {
      lines.append("kept \(entry.what)")
      let isLast =
        index + 1 == kept.count || kept[index + 1].rule != entry.rule
        || kept[index + 1].why != entry.why || kept[index + 1].state != entry.state
      guard isLast else { continue }
      lines += ["by rule \(entry.rule)", "why \(entry.why)"]
      if let word = MergeStory.word(entry.state) { lines.append(word) }
    }
    return lines.joined(separator: "\n")
  }
}

extension MergeStory {
  fileprivate static func state(_ line: Substring) -> ConflictState? {
    states.first { $0.1 == line }?.0
  }

  fileprivate static func word(_ state: ConflictState) -> String? {
    states.first { $0.0 == state }?.1
  }
}
