/// Documents whose links lead somewhere, with one title each; decision records with their parts.
enum DocumentCheck {
  static func findings(in files: [SourceFile], paths: [String]) -> [Finding] {
    let documents = files.filter(\.isMarkdown)
    return documents.flatMap { titleFindings($0) }
      + documents.flatMap { linkFindings($0, documents: documents, paths: paths) }
      + decisionFindings(documents)
  }

  // MARK: Titles

  private static func titleFindings(_ file: SourceFile) -> [Finding] {
    let titles = proseLines(file).filter { $0.text.hasPrefix("# ") }
    guard titles.count != 1 else { return [] }
    return [Finding(file.path, "\(titles.count) titles (`# …`); a document has one.")]
  }

  /// The lines outside fenced code, numbered from 1.
  static func proseLines(_ file: SourceFile) -> [(number: Int, text: Substring)] {
    var isCode = false
    return file.lines.enumerated().compactMap { index, line in
      if line.drop(while: { $0 == " " }).hasPrefix("```") {
        isCode.toggle()
        return nil
      }
      return isCode ? nil : (index + 1, line)
    }
  }

  // MARK: Links

  private static func linkFindings(
    _ file: SourceFile, documents: [SourceFile], paths: [String]
  ) -> [Finding] {
    proseLines(file).flatMap { number, text in
      links(in: text).compactMap { target in
        isKnown(target, from: file, documents: documents, paths: paths)
          ? nil : Finding(file.path, line: number, "The link to \(target) leads nowhere.")
      }
    }
  }

  /// The targets of `[text](target)`.
  static func links(in line: Substring) -> [String] {
    line.split(separator: "](", omittingEmptySubsequences: false).dropFirst().compactMap { rest in
      guard let end = rest.firstIndex(of: ")") else { return nil }
      return String(rest[..<end])
    }
  }

  private static func isKnown(
    _ target: String, from file: SourceFile, documents: [SourceFile], paths: [String]
  ) -> Bool {
    if target.hasPrefix("https://") { return true }
    let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let path = parts[0].isEmpty ? file.path : resolved(String(parts[0]), from: file.path)
    let isThere = paths.contains(path) || paths.contains { $0.hasPrefix(path + "/") }
    guard isThere, parts.count > 1 else { return isThere }
    guard let document = documents.first(where: { $0.path == path }) else { return false }
    return anchors(document).contains(String(parts[1]))
  }

  /// A relative target as a path from the project's folder.
  static func resolved(_ target: String, from path: String) -> String {
    var parts = path.split(separator: "/").dropLast().map(String.init)
    for part in target.split(separator: "/") {
      switch part {
      case ".": continue
      case "..": _ = parts.popLast()
      default: parts.append(String(part))
      }
    }
    return parts.joined(separator: "/")
  }

  /// The headings as GitHub makes anchors of them.
  static func anchors(_ file: SourceFile) -> Set<String> {
    Set(
      proseLines(file).filter { $0.text.hasPrefix("#") }.map { _, line in
        let words = line.drop { $0 == "#" }.dropFirst().lowercased()
        let kept = words.filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
        return String(kept.map { $0 == " " ? "-" : $0 })
      })
  }

  // MARK: Decision records

  static let decisionFolder = "docs/decisions/"
  static let decisionHeadings = [
    "Objective", "Background", "Decision", "Alternatives", "Consequences",
  ]

  private static func decisionFindings(_ documents: [SourceFile]) -> [Finding] {
    let records = documents.filter { $0.path.hasPrefix(decisionFolder) }
      .sorted { $0.path < $1.path }
    return records.enumerated().flatMap { index, record -> [Finding] in
      let number = String(repeating: "0", count: 4 - String(index + 1).count) + String(index + 1)
      let name = record.path.dropFirst(decisionFolder.count)
      var result: [Finding] = []
      if !name.hasPrefix("\(number)-") {
        result.append(Finding(record.path, "The next record has the number \(number)."))
      }
      if !record.text.hasPrefix("# \(number.drop { $0 == "0" }) ") {
        result.append(Finding(record.path, line: 1, "The title begins with the number."))
      }
      let headings = proseLines(record).map(\.text).filter { $0.hasPrefix("## ") }
        .map { String($0.dropFirst(3)) }
      if headings != decisionHeadings {
        let wanted = decisionHeadings.joined(separator: ", ")
        result.append(Finding(record.path, "Its headings are to be \(wanted)."))
      }
      return result
    }
  }
}
