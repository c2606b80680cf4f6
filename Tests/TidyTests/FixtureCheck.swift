/// Every fixture is named by a test, or it or its folder is explained in Fixtures/README.md.
enum FixtureCheck {
  static let readmePath = "Fixtures/README.md"

  static func findings(paths: [String], files: [SourceFile]) -> [Finding] {
    guard let readme = files.first(where: { $0.path == readmePath }) else {
      return [Finding(readmePath, "It is missing: say how each fixture was made.")]
    }
    let sources = files.filter { $0.isSwift }
    return paths.filter { $0.hasPrefix("Fixtures/") && $0 != readmePath }.compactMap { path in
      let inside = path.dropFirst("Fixtures/".count)
      let name = path.split(separator: "/").last ?? ""
      let isKnown =
        readme.text.contains(inside) || readme.text.contains(name)
        || folders(of: inside).contains { readme.text.contains("`\($0)/`") }
        || sources.contains { $0.text.contains(inside) || $0.text.contains("\"\(name)\"") }
      return isKnown
        ? nil : Finding(path, "No test names it and Fixtures/README.md does not explain it.")
    }
  }

  /// `Deltas` and `Deltas/v1` for `Deltas/v1/a.delta`.
  private static func folders(of path: Substring) -> [String] {
    let parts = path.split(separator: "/").dropLast()
    return parts.indices.map { parts[...$0].joined(separator: "/") }
  }
}
