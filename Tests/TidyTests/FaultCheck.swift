/// Holds docs/faults.md to what is there: every fault has its row, and every test and simulator
/// option that a row names exists.
enum FaultCheck {
  static let path = "docs/faults.md"

  /// How many faults each part of the page has.
  static let counts: [(part: String, count: Int)] = [
    ("A", 15), ("B", 10), ("C", 13), ("D", 13), ("E", 15),
  ]

  /// Rows outside of A, B and C that something must cover too: what identity and deletions mean.
  static let coveredBesides: Set<String> = ["D8", "D10", "D11"]

  /// What a row says instead of naming what covers it, and then why.
  static let notYet = "Not yet:"

  struct Row {
    let line: Int
    let id: String
    /// What covers it, as it stands in the page.
    let cover: Substring
    /// The code in its last cell: `Suite/test`, `Type.option` or a script's path.
    let names: [String]
  }

  static func findings(in files: [SourceFile], paths: [String]) -> [Finding] {
    guard let page = files.first(where: { $0.path == path }) else {
      return [Finding(path, "It is missing.")]
    }
    let rows = rows(of: page)
    let known = Known(files, paths)
    return rowFindings(rows) + rows.flatMap { coverFindings($0, known) }
  }

  static func rows(of page: SourceFile) -> [Row] {
    page.lines.enumerated().compactMap { index, line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false)
      guard cells.count == 6 else { return nil }
      let id = String(cells[1].filter { $0 != " " })
      guard id.first.map({ ("A"..."E").contains($0) }) == true, Int(id.dropFirst()) != nil else {
        return nil
      }
      let parts = cells[4].split(separator: "`", omittingEmptySubsequences: false)
      let names = parts.indices.filter { $0 % 2 == 1 }.map { String(parts[$0]) }
      return Row(line: index + 1, id: id, cover: cells[4], names: names)
    }
  }

  private static func rowFindings(_ rows: [Row]) -> [Finding] {
    let wanted = counts.flatMap { part, count in (1...count).map { "\(part)\($0)" } }
    let missing = wanted.filter { id in !rows.contains { $0.id == id } }.map {
      Finding(path, "The fault \($0) has no row.")
    }
    let order = rows.map(\.id)
    guard missing.isEmpty, order != wanted else { return missing }
    return [Finding(path, "The rows are not in their order, or one is there twice.")]
  }

  private static func coverFindings(_ row: Row, _ known: Known) -> [Finding] {
    var result = row.names.filter { !known.has($0) }.map {
      Finding(path, line: row.line, "\(row.id) names \($0), which there is not.")
    }
    let isNotYet = row.cover.contains(notYet)
    if row.names.isEmpty, !isNotYet {
      result.append(Finding(path, line: row.line, "\(row.id) has nothing that covers it."))
    }
    let mustBeCovered = row.id.first.map { "ABC".contains($0) } == true
    if isNotYet, mustBeCovered || coveredBesides.contains(row.id) {
      result.append(Finding(path, line: row.line, "\(row.id) must be covered by a test."))
    }
    return result
  }

  /// What there is to name.
  private struct Known {
    /// `Suite/test`, for every function of a suite.
    private var tests: Set<String> = []
    /// `Type.option`, for what the simulators' types declare.
    private var options: Set<String> = []
    private let paths: Set<String>

    init(_ files: [SourceFile], _ paths: [String]) {
      self.paths = Set(paths)
      for file in files where file.isSwift {
        if file.path.hasPrefix("Tests/") {
          FaultCheck.members(of: file) { type, line in
            guard let name = FaultCheck.declared(line, ["func"]) else { return }
            tests.insert("\(type)/\(name)")
          }
        } else if FaultCheck.simulators.contains(file.module ?? "") {
          FaultCheck.members(of: file) { type, line in
            let names = FaultCheck.cases(line) + [FaultCheck.declared(line, ["var", "let"])]
            for case let name? in names { options.insert("\(type).\(name)") }
          }
        }
      }
    }

    func has(_ name: String) -> Bool {
      tests.contains(name) || options.contains(name) || paths.contains(name)
    }
  }

  private static let simulators: Set<String> = ["Simulation", "ProtocolSimulation"]
  private static let typeWords: Set<String> = ["struct", "class", "enum", "actor", "extension"]

  /// Gives each line with each type that it stands in, as the indentation has it.
  private static func members(of file: SourceFile, _ body: (String, Substring) -> Void) {
    var types: [(depth: Int, name: String)] = []
    for line in file.codeLines where line.contains(where: { $0 != " " }) {
      let depth = line.prefix { $0 == " " }.count
      guard let name = declared(line, typeWords) else {
        for type in types where type.depth < depth { body(type.name, line) }
        continue
      }
      types.removeAll { $0.depth >= depth }
      types.append((depth, name))
    }
  }

  /// The cases that a line declares.
  private static func cases(_ line: Substring) -> [String?] {
    let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
    return words.first == "case" ? words.dropFirst().map { String($0) } : []
  }

  /// The name that a line declares with one of the words, if it does.
  private static func declared(_ line: Substring, _ words: Set<String>) -> String? {
    let parts = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
    guard let place = parts.firstIndex(where: { words.contains(String($0)) }),
      place + 1 < parts.count
    else { return nil }
    return String(parts[place + 1])
  }
}
