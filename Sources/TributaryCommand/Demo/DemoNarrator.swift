/// Says on standard output what happens in the demo: headings, paragraphs, commands and what they
/// printed, for a terminal of 80 columns.
struct DemoNarrator {
  let style: TextStyle
  private static let width = 78
  private static let indent = "   "
  static let commandWidth = 75

  func title(_ text: String) {
    Console.print(style.heading(text))
    Console.print(style.faint(String(repeating: "─", count: DisplayWidth.of(text))))
  }

  func heading(_ number: Int, _ text: String) {
    Console.print()
    Console.print(style.heading("\(number)  \(text)"))
  }

  func paragraph(_ text: String) {
    let lines = DisplayWidth.wrapped(text, to: Self.width - Self.indent.count)
    Console.print(lines: lines.map { Self.indent + $0 })
  }

  func blank() { Console.print() }

  func command(_ words: [String]) {
    Console.print(Self.indent + style.command("$ tributary " + Self.shell(words)))
  }

  func shellLine(_ text: String) { Console.print(Self.indent + style.command("$ " + text)) }

  /// What a command printed, as it was.
  func output(_ text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      Console.print(line.isEmpty ? "" : Self.indent + "  " + line)
    }
  }

  func table(_ table: TextTable) {
    Console.print(lines: table.lines(style: style, indent: Self.indent, width: Self.width))
  }

  /// Words as a person would type them; a token, being long and used up, only begins.
  static func shell(_ words: [String]) -> String {
    words.map { word in
      if word.hasPrefix("trib1.") { return word.prefix(14) + "…" }
      let isPlain = word.unicodeScalars.allSatisfy {
        $0.properties.isAlphabetic || $0.properties.numericType != nil
          || "-_./:".unicodeScalars.contains($0)
      }
      return isPlain ? word : "'\(word)'"
    }.joined(separator: " ")
  }
}
