/// A name from a file in quotes, as it may stand in a sentence on a terminal: short, and without
/// characters that would do something there.
func shown(_ name: String) -> String {
  var text = ""
  for scalar in name.unicodeScalars.prefix(shownScalarsMax) {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse:
      text.unicodeScalars.append("\u{FFFD}")
    default: text.unicodeScalars.append(scalar)
    }
  }
  let isWhole = name.unicodeScalars.count <= shownScalarsMax
  return isWhole ? "“\(text)”" : "“\(text)…”"
}

private let shownScalarsMax = 80

/// “a, b and c”.
func enumerated(_ words: [String], with last: String = "and") -> String {
  guard let final = words.last, words.count > 1 else { return words.first ?? "" }
  return words.dropLast().joined(separator: ", ") + " \(last) \(final)"
}
