/// Files, functions and lines that fit a screen, or nearly.
enum LengthCheck {
  static let fileLinesMax = 600
  static let functionLinesMax = 70
  static let lineCharactersMax = 100

  static func findings(in files: [SourceFile]) -> [Finding] {
    files.filter(\.isSwift).flatMap { fileFindings($0) + lineFindings($0) + functionFindings($0) }
  }

  private static func fileFindings(_ file: SourceFile) -> [Finding] {
    let count = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
    guard count > fileLinesMax else { return [] }
    return [
      Finding(file.path, "\(count) lines; at most \(fileLinesMax). Split it by what it is about.")
    ]
  }

  /// A line with an address in it may be long: addresses cannot be broken.
  private static func lineFindings(_ file: SourceFile) -> [Finding] {
    file.lines.enumerated().compactMap { index, line in
      guard line.count > lineCharactersMax, !line.contains("https://") else { return nil }
      return Finding(
        file.path, line: index + 1,
        "\(line.count) characters; at most \(lineCharactersMax). Break the line.")
    }
  }

  private static func functionFindings(_ file: SourceFile) -> [Finding] {
    functions(in: file).compactMap { function in
      guard function.lineCount > functionLinesMax else { return nil }
      return Finding(
        file.path, line: function.line,
        "\(function.name) has \(function.lineCount) lines; at most \(functionLinesMax). "
          + "Move its loops or its branches into helpers.")
    }
  }

  struct Function: Hashable {
    var name: String
    var line: Int
    /// From the line of its name to that of its closing brace.
    var lineCount: Int
  }

  /// Functions, initializers and subscripts that have a body.
  static func functions(in file: SourceFile) -> [Function] {
    let lines = file.codeLines
    return lines.indices.compactMap { index in
      guard let name = declaredName(lines[index]) else { return nil }
      guard let end = bodyEnd(lines, from: index) else { return nil }
      return Function(name: name, line: index + 1, lineCount: end - index + 1)
    }
  }

  private static func declaredName(_ line: Substring) -> String? {
    var words = withoutAttributes(line).split(whereSeparator: { $0 == " " })[...]
    while let word = words.first {
      if word == "func" { return words.dropFirst().first.map(nameOnly) }
      for keyword in ["init", "subscript", "deinit"]
      where word == keyword || word.hasPrefix("\(keyword)(") || word.hasPrefix("\(keyword)?(")
        || word.hasPrefix("\(keyword)<")
      { return keyword }
      guard modifiers.contains(String(word)) else { return nil }
      words = words.dropFirst()
    }
    return nil
  }

  private static func nameOnly(_ word: Substring) -> String {
    String(word.prefix { $0 != "(" && $0 != "<" })
  }

  private static let modifiers: Set<String> = [
    "package", "public", "private", "fileprivate", "internal", "static", "class", "final",
    "mutating", "nonmutating", "override", "convenience", "required", "isolated", "nonisolated",
    "consuming", "borrowing", "prefix", "postfix", "infix", "indirect", "open", "distributed",
  ]

  /// The line of the brace that closes the body, or nil for a requirement without one.
  private static func bodyEnd(_ lines: [Substring], from first: Int) -> Int? {
    var parentheses = 0
    var braces = 0
    for index in first..<lines.count {
      if index > first, braces == 0, parentheses == 0, startsAnew(lines[index]) { return nil }
      for character in lines[index] {
        switch character {
        case "(", "[": parentheses += 1
        case ")", "]": parentheses -= 1
        case "{": braces += 1
        case "}":
          braces -= 1
          if braces == 0, parentheses <= 0 { return index }
          if braces < 0 { return nil }
        default: break
        }
      }
    }
    return nil
  }

  /// Whether a line cannot belong to the signature before it.
  private static func startsAnew(_ line: Substring) -> Bool {
    let word = line.split(whereSeparator: { $0 == " " }).first ?? ""
    return word.isEmpty || word.first == "@" || word == "func" || word == "var" || word == "let"
      || word == "case" || word == "init" || modifiers.contains(String(word))
  }
}
