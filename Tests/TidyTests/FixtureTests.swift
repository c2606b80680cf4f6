import Testing

struct FixtureTests {
  @Test func holdsForTheProject() throws {
    let found = FixtureCheck.findings(paths: try projectPaths(), files: try projectFiles())
    #expect(found.isEmpty, "\(found.report)")
  }

  @Test func aDeadFixtureIsSeen() {
    let files = [
      SourceFile(
        "Fixtures/README.md",
        "# Fixtures\n\n`Deltas/v1/a.delta` is made by hand, `Seeds/` by the simulator.\n"),
      SourceFile("Tests/ATests/ATests.swift", "let b = fixture(\"Deltas/v1/b.delta\")\n"),
    ]
    let paths = ["a", "b", "c"].map { "Fixtures/Deltas/v1/\($0).delta" }
    let fine = ["Fixtures/README.md", "Fixtures/Seeds/old/1"]
    let found = FixtureCheck.findings(paths: paths + fine, files: files)
    #expect(found.map(\.path) == ["Fixtures/Deltas/v1/c.delta"])
  }

  @Test func aMissingReadmeIsSeen() {
    #expect(FixtureCheck.findings(paths: [], files: []).count == 1)
  }
}
