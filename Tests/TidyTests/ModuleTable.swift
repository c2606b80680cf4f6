/// The module table of ARCHITECTURE.md: a line for each module, from the bottom up.
struct ModuleTable {
  struct Row: Hashable {
    var layer: Int
    var module: String
    /// What its sources import, no more and no less.
    var imports: Set<String>
    var line: Int
  }

  var rows: [Row]

  static let path = "ARCHITECTURE.md"

  /// Rows are `| layer | module | imports | …`, the imports separated by spaces or `·`.
  init(_ file: SourceFile) {
    rows = file.lines.enumerated().compactMap { index, line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().map {
        $0.filter { $0 != "`" }.split(separator: " ").map(String.init)
      }
      guard cells.count >= 4, cells[0].count == 1, let layer = Int(cells[0][0]),
        cells[1].count == 1
      else { return nil }
      return Row(
        layer: layer, module: cells[1][0], imports: Set(cells[2]).subtracting(["·", "—"]),
        line: index + 1)
    }
  }
}

/// What Package.swift gives each target: its module dependencies and others' products.
struct PackageManifest {
  var dependencies: [String: Set<String>] = [:]
  var testTargets: Set<String> = []

  static let path = "Package.swift"

  init(_ file: SourceFile) {
    let makers = [
      "module(", ".executableTarget(", ".systemLibrary(", "cLibrary(", "tests(", ".testTarget(",
    ]
    for (maker, call) in Self.calls(of: makers, in: file.text) {
      let names = Self.literals(in: call)
      guard let name = names.first, !name.contains("\\(") else { continue }
      switch maker {
      case "tests(": testTargets.insert("\(name)Tests")
      case ".testTarget(": testTargets.insert(name)
      case ".systemLibrary(", "cLibrary(": dependencies[name] = []
      default: dependencies[name] = Set(names.dropFirst())
      }
    }
  }

  /// The calls of some functions with their arguments, without the functions' own declarations.
  private static func calls(of makers: [String], in text: String) -> [(String, Substring)] {
    var result: [(String, Substring)] = []
    for maker in makers {
      var rest = text[...]
      while let range = rest.firstRange(of: maker) {
        let before = text[..<range.lowerBound].last
        rest = text[range.upperBound...]
        let isDeclaration = text[..<range.lowerBound].hasSuffix("func ")
        guard !isDeclaration, before == " " || before == "\n" else { continue }
        result.append((maker, argumentText(rest)))
      }
    }
    return result
  }

  private static func argumentText(_ text: Substring) -> Substring {
    var depth = 1
    for index in text.indices {
      if text[index] == "(" { depth += 1 }
      if text[index] == ")" { depth -= 1 }
      if depth == 0 { return text[..<index] }
    }
    return text
  }

  /// String literals that name a target or a product; those that name packages, folders and the
  /// like follow a label.
  private static func literals(in call: Substring) -> [String] {
    let parts = call.split(separator: "\"", omittingEmptySubsequences: false)
    return parts.indices.compactMap { index in
      guard !index.isMultiple(of: 2) else { return nil }
      let before = parts[index - 1].split(whereSeparator: \.isWhitespace).last ?? ""
      let isOther = ["package:", "path:", "pkgConfig:", "providers:", "[.apt(["].contains {
        before.hasSuffix($0)
      }
      return isOther ? nil : String(parts[index])
    }
  }
}
