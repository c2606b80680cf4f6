import Testing

/// ARCHITECTURE.md's module table, Package.swift and the imports hold each other.
struct ArchitectureTests {
  @Test func holdsForTheProject() throws {
    let found = ArchitectureCheck.findings(in: try projectFiles())
    #expect(found.isEmpty, "\(found.report)")
  }

  /// A project of two modules that is as it should be, with changes.
  private func world(
    table: String = """
    | 0 | Ground | Foundation | What stands below. |
    | 1 | Roof | Ground Pipes | What stands above. |
    """,
    ground: String = "internal import Foundation\n",
    roof: String = "internal import Ground\npackage import Pipes\n",
    roofDependencies: String = "\"Ground\", .product(name: \"Pipes\", package: \"swift-pipes\"),",
    tests: String = "tests(\"Ground\", []), tests(\"Roof\", [\"Ground\"]),"
  ) -> [SourceFile] {
    let manifest = """
      func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {}
      let package = Package(
        name: "house",
        targets: [
          module("Ground"),
          module("Roof", [\(roofDependencies)]),
          \(tests)
        ])
      """
    return [
      SourceFile("ARCHITECTURE.md", "# A\n\n\(table)\n"), SourceFile("Package.swift", manifest),
      SourceFile("Sources/Ground/Ground.swift", ground),
      SourceFile("Sources/Roof/Roof.swift", roof),
      SourceFile("Tests/GroundTests/GroundTests.swift", ""),
      SourceFile("Tests/RoofTests/RoofTests.swift", ""),
    ]
  }

  @Test func aProjectAsItShouldBeHasNoFindings() {
    #expect(ArchitectureCheck.findings(in: world()) == [])
  }

  @Test func anUnlistedImportIsSeen() {
    let found = ArchitectureCheck.findings(
      in: world(roof: "internal import Ground\nimport Foundation\nimport Pipes\n"))
    #expect(
      found == [
        Finding(
          "Sources/Roof/Roof.swift", line: 2,
          "Roof may not import Foundation: ARCHITECTURE.md does not list it.")
      ])
  }

  @Test func anImportInACommentOrAStringIsNone() {
    let found = ArchitectureCheck.findings(
      in: world(ground: "internal import Foundation\n// import Roof\nlet a = \"import Roof\"\n"))
    #expect(found == [])
  }

  @Test func anEdgeThatNobodyUsesIsSeen() {
    let found = ArchitectureCheck.findings(in: world(roof: "import Pipes\n"))
    #expect(found.map(\.sentence) == ["Roof does not import Ground at all."])
  }

  @Test func anUpwardImportIsSeen() {
    let found = ArchitectureCheck.findings(
      in: world(
        table: """
          | 0 | Ground | Foundation Roof | What stands below. |
          | 1 | Roof | Ground Pipes | What stands above. |
          """, ground: "import Foundation\nimport Roof\n"))
    #expect(found.map(\.sentence).contains("Ground imports Roof, which does not stand below it."))
  }

  @Test func anImportFromAHigherLayerIsSeen() {
    let found = ArchitectureCheck.findings(
      in: world(
        table: """
          | 2 | Ground | Foundation | What stands below. |
          | 1 | Roof | Ground Pipes | What stands above. |
          """))
    #expect(found.map(\.sentence) == ["Roof imports upward: Ground."])
  }

  @Test func aModuleWithoutARowAndARowWithoutAModuleAreSeen() {
    let found = ArchitectureCheck.findings(
      in: world(
        table: """
          | 0 | Ground | Foundation | What stands below. |
          | 1 | Attic | Ground | What is not there. |
          """))
    let sentences = found.map(\.sentence)
    #expect(sentences.contains("The table has no row for the module Roof."))
    #expect(sentences.contains("There is no module Attic in Sources."))
  }

  @Test func aDependencyThatIsMissingOrNeedlessIsSeen() {
    let missing = ArchitectureCheck.findings(in: world(roofDependencies: "\"Ground\""))
    #expect(missing.map(\.sentence) == ["Roof imports Pipes but does not depend on it."])
    let needless = ArchitectureCheck.findings(
      in: world(
        roofDependencies: "\"Ground\", \"Cellar\", .product(name: \"Pipes\", package: \"p\")"))
    #expect(needless.map(\.sentence) == ["Roof depends on Cellar but does not import it."])
  }

  @Test func aModuleWithoutTestsAndTestsWithoutATargetAreSeen() {
    let found = ArchitectureCheck.findings(in: world(tests: "tests(\"Ground\"),"))
    #expect(
      found.map(\.sentence) == [
        "Tests/RoofTests is no test target.", "The module Roof has no test target RoofTests.",
      ])
  }
}
