/// Holds ARCHITECTURE.md, Package.swift and the imports of the sources to each other.
enum ArchitectureCheck {
  /// Comes with the toolchain: no package to depend on.
  static let toolchainModules: Set<String> = [
    "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Synchronization", "Testing",
  ]

  /// Modules whose tests have another name than theirs.
  static let testTargets = [
    "TributaryCommand": "CommandTests", "SimulateCommand": "SimulationTests",
  ]

  static func findings(in files: [SourceFile]) -> [Finding] {
    guard let document = files.first(where: { $0.path == ModuleTable.path }),
      let manifestFile = files.first(where: { $0.path == PackageManifest.path })
    else { return [Finding(ModuleTable.path, "It or Package.swift is missing.")] }
    let table = ModuleTable(document)
    let manifest = PackageManifest(manifestFile)
    let imports = importsByModule(files)
    return rowFindings(table, imports) + edgeFindings(table, imports)
      + manifestFindings(table, manifest) + testFindings(manifest, files)
  }

  /// What the Swift sources of each module import.
  static func importsByModule(_ files: [SourceFile]) -> [String: [String: Finding]] {
    var result: [String: [String: Finding]] = [:]
    for file in files {
      guard let module = file.module else { continue }
      result[module, default: [:]] = result[module] ?? [:]
      guard file.isSwift else { continue }
      for (index, line) in file.codeLines.enumerated() {
        guard let name = importedModule(line) else { continue }
        result[module]?[name] = Finding(file.path, line: index + 1, "")
      }
    }
    return result
  }

  static func importedModule(_ line: Substring) -> String? {
    let words = withoutAttributes(line).split(separator: " ")
    guard let position = words.firstIndex(of: "import"), position + 1 < words.count,
      words[..<position].allSatisfy({ accessLevels.contains(String($0)) })
    else { return nil }
    let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "var", "typealias"]
    let name = kinds.contains(words[position + 1]) ? words.last : words[position + 1]
    guard let module = name?.split(separator: ".").first.map(String.init) else { return nil }
    return cLibraries.contains(module) ? "Glibc" : module
  }

  /// The C library has a name on each platform; the table has the one of Linux.
  private static let cLibraries: Set<String> = ["Darwin", "Glibc", "Musl"]

  private static let accessLevels: Set<String> = ["package", "internal", "private", "public"]

  private static func rowFindings(
    _ table: ModuleTable, _ imports: [String: [String: Finding]]
  ) -> [Finding] {
    let listed = Set(table.rows.map(\.module))
    let missing = imports.keys.filter { !listed.contains($0) }.sorted().map {
      Finding(ModuleTable.path, "The table has no row for the module \($0).")
    }
    let absent = table.rows.filter { imports[$0.module] == nil }.map {
      Finding(ModuleTable.path, line: $0.line, "There is no module \($0.module) in Sources.")
    }
    return missing + absent
  }

  private static func edgeFindings(
    _ table: ModuleTable, _ imports: [String: [String: Finding]]
  ) -> [Finding] {
    var result: [Finding] = []
    var below: [String: Int] = [:]
    let ours = Set(table.rows.map(\.module))
    for row in table.rows {
      let real = imports[row.module] ?? [:]
      for (name, place) in real.sorted(by: { $0.key < $1.key }) where !row.imports.contains(name) {
        result.append(
          Finding(
            place.path, line: place.line,
            "\(row.module) may not import \(name): ARCHITECTURE.md does not list it."))
      }
      for name in row.imports.sorted() where real[name] == nil {
        result.append(
          Finding(
            ModuleTable.path, line: row.line, "\(row.module) does not import \(name) at all."))
      }
      for name in row.imports.sorted() where ours.contains(name) && below[name] == nil {
        result.append(
          Finding(
            ModuleTable.path, line: row.line,
            "\(row.module) imports \(name), which does not stand below it."))
      }
      for name in row.imports.sorted() where (below[name] ?? 0) > row.layer {
        result.append(
          Finding(ModuleTable.path, line: row.line, "\(row.module) imports upward: \(name)."))
      }
      below[row.module] = row.layer
    }
    return result
  }

  private static func manifestFindings(
    _ table: ModuleTable, _ manifest: PackageManifest
  ) -> [Finding] {
    table.rows.flatMap { row -> [Finding] in
      guard let given = manifest.dependencies[row.module] else {
        return [Finding(PackageManifest.path, "There is no target \(row.module).")]
      }
      let wanted = row.imports.subtracting(toolchainModules)
      let missing = wanted.subtracting(given).sorted().map {
        Finding(PackageManifest.path, "\(row.module) imports \($0) but does not depend on it.")
      }
      let needless = given.subtracting(wanted).sorted().map {
        Finding(PackageManifest.path, "\(row.module) depends on \($0) but does not import it.")
      }
      return missing + needless
    }
  }

  private static func testFindings(
    _ manifest: PackageManifest, _ files: [SourceFile]
  ) -> [Finding] {
    let folders = Set(
      files.compactMap { file -> String? in
        let parts = file.path.split(separator: "/")
        guard parts.count > 2, parts[0] == "Tests", parts[1].hasSuffix("Tests") else { return nil }
        return String(parts[1])
      })
    let unknown = folders.subtracting(manifest.testTargets).sorted().map {
      Finding(PackageManifest.path, "Tests/\($0) is no test target.")
    }
    let withSources = Set(files.filter(\.isSwift).compactMap(\.module))
    let untested = withSources.sorted().compactMap { module -> Finding? in
      let target = testTargets[module] ?? "\(module)Tests"
      guard !manifest.testTargets.contains(target) else { return nil }
      return Finding(PackageManifest.path, "The module \(module) has no test target \(target).")
    }
    return unknown + untested
  }
}
