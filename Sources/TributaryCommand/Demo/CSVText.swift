/// Comma-separated text with quotes (RFC 4180), small and whole in memory.
enum CSVText {
  /// The records after the head, each as wide as it is written.
  static func records(_ text: String) -> [[String]] {
    Array(text.split(separator: "\n").map { fields(of: $0) }.dropFirst())
  }

  private static func fields(of line: Substring) -> [String] {
    var fields: [String] = [""]
    var isQuoted = false
    for character in line {
      switch character {
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: fields.append("")
      default: fields[fields.count - 1].append(character)
      }
    }
    return fields
  }
}
