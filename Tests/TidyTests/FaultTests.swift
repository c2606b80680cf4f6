import Testing

struct FaultTests {
  @Test func holdsForTheProject() throws {
    let found = FaultCheck.findings(in: try projectFiles(), paths: try projectPaths())
    #expect(found.isEmpty, "\(found.report)")
  }

  // MARK: A page that was made up

  private static let ids = FaultCheck.counts.flatMap { part, count in
    (1...count).map { "\(part)\($0)" }
  }

  /// A sound page, but for one row.
  private func findings(_ id: String = "", covered: String? = nil) -> [String] {
    let rows = Self.ids.compactMap { row -> String? in
      if row == id, covered == nil { return nil }
      let cover = row == id ? covered ?? "" : "`KillTests/nothingIsLost`"
      return "| \(row) | a fault | what is promised | \(cover) |"
    }
    let page = "# Faults\n\n| | Fault | Promise | Covered by |\n" + rows.joined(separator: "\n")
    let files = [
      SourceFile(FaultCheck.path, page),
      SourceFile(
        "Tests/ATests/KillTests.swift", "struct KillTests {\n  @Test func nothingIsLost() {}\n}"),
      SourceFile("Sources/Simulation/Plan.swift", "struct Plan {\n  var loss: Int\n}"),
      SourceFile("Sources/Hub/Plan.swift", "struct Plan {\n  var other: Int\n}"),
    ]
    return FaultCheck.findings(in: files, paths: files.map(\.path) + ["scripts/torture"])
      .map(\.description)
  }

  @Test func aSoundPageHasNoFindings() {
    #expect(findings() == [])
    #expect(findings("A3", covered: "`Plan.loss`, `scripts/torture`") == [])
    #expect(findings("D1", covered: "Not yet: nobody needs it.") == [])
  }

  @Test(arguments: [
    ("A1", "`KillTests/nothingIsGone`", "A1 names KillTests/nothingIsGone, which there is not."),
    ("B2", "`OtherTests/nothingIsLost`", "B2 names OtherTests/nothingIsLost, which there is not."),
    ("C3", "`Plan.other`", "C3 names Plan.other, which there is not."),
    ("D1", "`scripts/other`", "D1 names scripts/other, which there is not."),
    ("E15", "by and by", "E15 has nothing that covers it."),
    ("B5", "Not yet: it is hard.", "B5 must be covered by a test."),
    ("D11", "Not yet: it is hard.", "D11 must be covered by a test."),
  ])
  func aRowThatPromisesTooMuchIsSeen(id: String, covered: String, sentence: String) throws {
    let found = findings(id, covered: covered)
    #expect(found.count == 1)
    #expect(try #require(found.first).hasSuffix(": \(sentence)"))
  }

  @Test func aMissingRowIsSeen() {
    #expect(findings("C13") == ["docs/faults.md: The fault C13 has no row."])
  }

  @Test func aMissingPageIsSeen() {
    #expect(FaultCheck.findings(in: [], paths: []).count == 1)
  }
}
