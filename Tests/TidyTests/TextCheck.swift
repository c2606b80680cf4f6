/// What no file of the project may hold: unfinished work, and paths of one machine.
enum TextCheck {
  /// Put together here, so that this file does not hold them itself.
  private static let unfinished = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]
  private static let unwritten = "fatalError(\"un" + "written\")"
  private static let machinePaths = ["/wo" + "rk/", "/tm" + "p/", "/ro" + "ot/", "/ho" + "me/"]

  static func findings(in files: [SourceFile]) -> [Finding] {
    files.flatMap { file in
      file.lines.enumerated().flatMap { index, line in
        sentences(for: line).map { Finding(file.path, line: index + 1, $0) }
      }
    }
  }

  private static func sentences(for line: Substring) -> [String] {
    var result: [String] = []
    for word in unfinished where containsWord(word, line) {
      result.append("\(word): finish it, or say in an issue what is missing.")
    }
    if line.contains(unwritten) { result.append("Unwritten: write it.") }
    for path in machinePaths where containsPath(path, line) {
      result.append("\(path)… is a path of one machine. Find the place at run time.")
    }
    return result
  }

  private static func containsWord(_ word: String, _ line: Substring) -> Bool {
    line.ranges(of: word).contains { range in
      !isWordCharacter(line[..<range.lowerBound].last)
        && !isWordCharacter(line[range.upperBound...].first)
    }
  }

  /// A path that starts at the root: nothing of a longer path before it.
  private static func containsPath(_ path: String, _ line: Substring) -> Bool {
    line.ranges(of: path).contains { range in
      let before = line[..<range.lowerBound].last
      return !isWordCharacter(before) && before != "." && before != "}" && before != ")"
    }
  }

  private static func isWordCharacter(_ character: Character?) -> Bool {
    guard let character else { return false }
    return character.isLetter || character.isNumber || character == "_"
  }
}
