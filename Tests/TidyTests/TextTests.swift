import Testing

struct TextTests {
  @Test func holdsForTheProject() throws {
    let found = TextCheck.findings(in: try projectFiles())
    #expect(found.isEmpty, "\(found.report)")
  }

  @Test(arguments: [
    "// " + "TO" + "DO: later", "FIX" + "ME", "fatalError(\"un" + "written\")",
    "cd /wo" + "rk/main", "let a = \"/tm" + "p/a\"", "(/ro" + "ot/.cache)", "see /ho" + "me/ann/x",
  ])
  func isSeen(line: String) {
    let found = TextCheck.findings(in: [SourceFile("scripts/a", "ok\n\(line)\n")])
    #expect(found.map(\.line) == [2], "\(line)")
  }

  @Test(arguments: [
    "method", "auto" + "TO" + "DOne", "net/wo" + "rk/cable", "https://a.org/wo" + "rk/b",
    "$HOME/tm" + "p/x", "./tm" + "p/x",
  ])
  func isNoFinding(line: String) {
    #expect(TextCheck.findings(in: [SourceFile("scripts/a", line)]) == [], "\(line)")
  }
}
