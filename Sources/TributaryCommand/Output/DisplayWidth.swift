/// How many columns of a terminal a text takes: Chinese characters take two, combining marks none.
///
/// The wide ranges are those of Unicode's East Asian Width property (W and F), in blocks.
/// https://www.unicode.org/reports/tr11/
enum DisplayWidth {
  static func of(_ text: some StringProtocol) -> Int {
    text.unicodeScalars.reduce(0) { $0 + width($1) }
  }

  /// The text, filled with spaces up to a width.
  static func padded(_ text: String, to width: Int, onLeft: Bool = false) -> String {
    let fill = String(repeating: " ", count: max(0, width - of(text)))
    return onLeft ? fill + text : text + fill
  }

  /// The text, or its beginning and “…” if it is wider.
  static func shortened(_ text: String, to width: Int) -> String {
    guard of(text) > width, width > 0 else { return text }
    var result = ""
    var taken = 0
    for character in text {
      let next = of(String(character))
      guard taken + next <= width - 1 else { break }
      result.append(character)
      taken += next
    }
    return result + "…"
  }

  /// The text's words on lines of at most a width; a Chinese text may also break between
  /// characters, and a word longer than a line stands alone.
  static func wrapped(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: true) {
      if line.isEmpty {
        line = String(word)
      } else if of(line) + 1 + of(word) <= width {
        line += " " + word
      } else {
        lines.append(line)
        line = String(word)
      }
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    switch scalar.value {
    case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff,
      0xa000...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
      0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f900...0x1f9ff,
      0x20000...0x3fffd:
      return 2
    default: return 1
    }
  }
}
