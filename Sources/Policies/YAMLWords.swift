/// Words as they are written into YAML, so that every reader takes them for words.
enum YAMLWords {
  /// As it is, or in quotes where a reader could take it for something else.
  static func written(_ word: String) -> String { isPlain(word) ? word : quoted(word) }

  static func quoted(_ word: String) -> String {
    var text = "\""
    for scalar in word.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      default:
        if isVisible(scalar) {
          text.unicodeScalars.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16, uppercase: true)
          text += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        }
      }
    }
    return text + "\""
  }

  private static func isPlain(_ word: String) -> Bool {
    guard let first = word.unicodeScalars.first, isLetter(first), !taken.contains(word.lowercased())
    else { return false }
    return word.unicodeScalars.allSatisfy { scalar in
      isLetter(scalar) || "0"..."9" ~= scalar || scalar == "-" || scalar == "."
    }
  }

  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "_": true
    // Letters of the languages in which people name tables, as most fonts have them.
    case "\u{C0}"..."\u{24F}", "\u{391}"..."\u{3C9}", "\u{410}"..."\u{44F}",
      "\u{3041}"..."\u{3096}", "\u{30A1}"..."\u{30FA}", "\u{4E00}"..."\u{9FFF}",
      "\u{AC00}"..."\u{D7A3}":
      scalar.properties.isAlphabetic
    default: false
    }
  }

  /// Whether it shows itself in every editor.
  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
      .unassigned:
      false
    case .spaceSeparator: scalar == " "
    default: true
    }
  }

  /// What some readers take for a truth or for nothing.
  private static let taken: Set<String> = [
    "y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf",
  ]
}
