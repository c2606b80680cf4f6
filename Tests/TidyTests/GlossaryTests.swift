import Testing

struct GlossaryTests {
  @Test func holdsForTheProject() throws {
    let found = GlossaryCheck.findings(in: try projectFiles())
    #expect(found.isEmpty, "\(found.report)")
  }

  @Test func everyBannedWordStandsInTheGlossary() throws {
    let glossary = try #require(try projectFiles().first { $0.path == GlossaryCheck.path })
    #expect(GlossaryCheck.unknownWords(glossary: glossary) == [])
    let empty = SourceFile(GlossaryCheck.path, "# Empty")
    #expect(GlossaryCheck.unknownWords(glossary: empty).count == GlossaryCheck.bannedWords.count)
  }

  @Test(arguments: [
    "let siteID = 1", "func harvestRows() {}", "case nodes", "struct WatermarkStore",
  ])
  func isSeen(line: String) {
    let found = GlossaryCheck.findings(in: [SourceFile("Sources/Hub/A.swift", "\(line)\n")])
    #expect(found.count == 1, "\(line)")
  }

  @Test(arguments: [
    "let opposite = 1", "// a site of its own", "say(\"the node\")", "let synode = 2",
  ])
  func isNoFinding(line: String) {
    #expect(GlossaryCheck.findings(in: [SourceFile("Sources/Hub/A.swift", line)]) == [], "\(line)")
  }
}
