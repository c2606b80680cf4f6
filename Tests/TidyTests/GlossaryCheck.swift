/// The glossary's words in the code: one word, one meaning.
enum GlossaryCheck {
  static let path = "docs/glossary.md"

  /// What the glossary says not to say, of which no identifier may be made. Each stands in its last
  /// column; words that others' libraries force on us are left out.
  static let bannedWords: Set<String> = [
    "node", "peer", "site", "epoch", "harvest", "oplog", "changelog", "mutation", "reconcile",
    "resolver", "watermark", "dedupe", "incarnation", "membership", "stale",
  ]

  /// Names of others' libraries that have such a word in them.
  static let foreignNames = ["nioSSL_peerCertificate"]

  static func findings(in files: [SourceFile]) -> [Finding] {
    files.filter { $0.isSwift && $0.module != nil }.flatMap { file in
      file.codeLines.enumerated().flatMap { index, line in
        words(in: withoutForeignNames(line)).filter { bannedWords.contains($0) }.map { word in
          Finding(
            file.path, line: index + 1,
            "“\(word)” is not our word: docs/glossary.md has the one to use.")
        }
      }
    }
  }

  private static func withoutForeignNames(_ line: Substring) -> Substring {
    foreignNames.reduce(line) { line, name in Substring(line.split(separator: name).joined()) }
  }

  /// The banned words that the glossary's last column does not have.
  static func unknownWords(glossary: SourceFile) -> [String] {
    let lastCells = glossary.lines.compactMap { line -> Substring? in
      let cells = line.split(separator: "|")
      return cells.count == 3 ? cells.last : nil
    }
    let known = Set(lastCells.flatMap { $0.lowercased().split { !$0.isLetter }.map(String.init) })
    return bannedWords.subtracting(known).sorted()
  }

  /// The words that identifiers are made of, in lower case and the singular.
  static func words(in line: Substring) -> [String] {
    var result: [String] = []
    var word = ""
    func end() {
      if !word.isEmpty { result.append(singular(word.lowercased())) }
      word = ""
    }
    for character in line {
      if !character.isLetter {
        end()
      } else {
        if character.isUppercase, word.last?.isLowercase == true { end() }
        word.append(character)
      }
    }
    end()
    return result
  }

  private static func singular(_ word: String) -> String {
    word.hasSuffix("s") && bannedWords.contains(String(word.dropLast()))
      ? String(word.dropLast()) : word
  }
}
