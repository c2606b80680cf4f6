/// A value of a YAML text, and where it begins.
struct YAMLValue: Hashable, Sendable {
  var place: TextPlace
  var content: Content

  indirect enum Content: Hashable, Sendable {
    /// What stands there, never taken for a number, a truth or nothing. Empty without quotes if
    /// nothing stands there.
    case word(String, isQuoted: Bool)
    case list([YAMLValue])
    /// No two entries have one name. Not whole if something in it could not be read.
    case map([YAMLEntry], isWhole: Bool)
    /// It could not be read, which has been remarked.
    case broken
  }

  /// Whether nothing stands there.
  var isNothing: Bool { content == .word("", isQuoted: false) }
}

/// A name and what stands under it.
struct YAMLEntry: Hashable, Sendable {
  var name: String
  var place: TextPlace
  var value: YAMLValue
}

/// The entries of a map as they are read. Of two with one name the first counts, and the second is
/// remarked.
struct YAMLEntries {
  private(set) var entries: [YAMLEntry] = []
  private var lines: [String: Int] = [:]

  mutating func append(_ entry: YAMLEntry, _ remarks: inout PolicyRemarks) {
    if let line = lines[entry.name] {
      remarks.refuse(at: entry.place, YAMLReader.Sentences.doubled(entry.name, line: line))
    } else {
      lines[entry.name] = entry.place.line
      entries.append(entry)
    }
  }
}
