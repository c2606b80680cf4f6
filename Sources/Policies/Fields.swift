/// What stands under the names of a map.
struct Fields {
  let place: TextPlace
  /// Whether all of it could be read.
  let isWhole: Bool
  private let entries: [String: YAMLEntry]

  /// Nil if it is no map. What is unknown is remarked; `what` says of what: “table customers”.
  init?(of value: YAMLValue, _ what: String, known: [String], remarks: inout PolicyRemarks) {
    let entries: [YAMLEntry]
    switch value.content {
    case .broken: return nil
    case .map(let all, let isWhole): (entries, self.isWhole) = (all, isWhole)
    case .word, .list:
      remarks.refuse(
        at: value.place,
        """
        What stands here was not read: \(what) takes names with values. Write, each in a line of \
        its own below, what it needs of \(enumerated(known)).
        """)
      return nil
    }
    place = value.place
    for entry in entries where !known.contains(entry.name) {
      remarks.refuse(
        at: entry.place,
        """
        \(shown(entry.name)) was not read: \(what) has no such field. \
        \(NearNames.advice(for: entry.name, among: known, otherwise: "Take it out."))
        """)
    }
    self.entries = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
  }

  subscript(name: String) -> YAMLEntry? { entries[name] }
}

extension PolicyCompiler {
  /// The entries of a map whose names are not ours; nil if it is none. Nothing counts as none.
  mutating func entries(
    of value: YAMLValue, _ what: String, example: String
  ) -> [YAMLEntry]? {
    switch value.content {
    case .broken: return nil
    case .map(let entries, _): return entries
    case .word, .list:
      remarks.refuse(
        at: value.place,
        """
        What stands here was not read: \(what) takes names with values. Write, each in a line of \
        its own below, for example `\(example)`.
        """)
      return nil
    }
  }
}
