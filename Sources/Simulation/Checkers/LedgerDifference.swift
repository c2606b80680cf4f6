internal import Clocks
internal import Deltas

/// What a branch's ledger and the hub's have of the same conflicts, where that is not the same.
struct LedgerDifference {
  /// Names the first entry that differs, field by field, and how many others do.
  let sentence: String

  /// Nil if the two are the same.
  init?(_ ledger: [Conflict], at place: String, _ hub: [Conflict], schema: Schema) {
    func byID(_ list: [Conflict]) -> [UInt64: [Conflict]] { Dictionary(grouping: list, by: \.id) }
    let (left, right) = (byID(ledger), byID(hub))
    let ids = Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }.sorted()
    guard let id = ids.first, let sample = left[id]?.first ?? right[id]?.first else { return nil }
    let name = "conflict \(id) about \(schema.name(sample.key))"
    let first =
      switch (left[id] ?? [], right[id] ?? []) {
      case (let known, []):
        "\(place) knows \(name), which the hub's ledger lacks: \(Self.shown(known))"
      case ([], let told): "\(place) does not know \(name): \(Self.shown(told))"
      case (let known, let told):
        "\(place) knows \(name) otherwise than the hub: \(Self.differences(known, told))"
      }
    sentence = ids.count == 1 ? "\(first)." : "\(first). So it is with \(ids.count - 1) others."
  }

  private static func shown(_ conflicts: [Conflict]) -> String {
    conflicts.map { conflict in
      fields.map { "\($0.name) \($0.shown(conflict))" }.joined(separator: ", ")
    }.joined(separator: "; ")
  }

  private static func differences(_ left: [Conflict], _ right: [Conflict]) -> String {
    guard left.count == 1, right.count == 1 else {
      return "\(left.count) times and \(right.count) times"
    }
    return fields.map { ($0.name, $0.shown(left[0]), $0.shown(right[0])) }.filter { $1 != $2 }
      .map { "\($0) \($1), not \($2)" }.joined(separator: "; ")
  }

  private static let fields: [(name: String, shown: @Sendable (Conflict) -> String)] = [
    ("position", { $0.position.description }),
    ("columns", { shown($0.columns) { "\($0.rawValue)" } }),
    ("bases", { $0.bases.map { shown($0, \.shown) } ?? "unknown" }),
    ("sides", { shown($0.sides, shown) }),
    ("rule", { "“\($0.rule)”" }),
    ("state", { "\($0.state)" }),
    ("explanation", { "“\($0.explanation)”" }),
  ]

  private static func shown(_ side: ConflictSide) -> String {
    let time = side.milliseconds.map { "at \($0)" } ?? "at no time"
    let clock = side.clockOffsetMilliseconds.map { "\($0) ms off" } ?? "by an unknown clock"
    let values = side.values.map { shown($0, \.shown) } ?? "deleted"
    return "\(side.dot) \(time) \(clock) \(values)"
  }

  private static func shown<Element>(
    _ list: [Element], _ shown: (Element) -> String
  ) -> String {
    "(" + list.map(shown).joined(separator: ", ") + ")"
  }
}
