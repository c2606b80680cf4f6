import Testing

struct DocumentTests {
  @Test func holdsForTheProject() throws {
    let found = DocumentCheck.findings(in: try projectFiles(), paths: try projectPaths())
    #expect(found.isEmpty, "\(found.report)")
  }

  private func findings(_ files: [SourceFile]) -> [String] {
    DocumentCheck.findings(in: files, paths: files.map(\.path)).map(\.description)
  }

  @Test func aLinkThatLeadsNowhereIsSeen() {
    let found = findings([
      SourceFile("README.md", "# R\n\n[a](docs/a.md) [b](docs/b.md#the-two-commands)\n"),
      SourceFile("docs/b.md", "# B\n\n## The two, commands\n\n[r](../README.md) [c](#nothing)\n"),
    ])
    #expect(
      found == [
        "README.md:3: The link to docs/a.md leads nowhere.",
        "docs/b.md:5: The link to #nothing leads nowhere.",
      ])
  }

  @Test func linksInCodeAndToFoldersAreFine() {
    let found = findings([
      SourceFile(
        "README.md", "# R\n\n```\n[a](nowhere.md)\n```\n[d](docs) [w](https://swift.org)\n"),
      SourceFile("docs/b.md", "# B\n"),
    ])
    #expect(found == [])
  }

  @Test func twoTitlesOrNoneAreSeen() {
    #expect(findings([SourceFile("a.md", "# A\n\n# B\n")]).count == 1)
    #expect(findings([SourceFile("a.md", "## A\n")]).count == 1)
    #expect(findings([SourceFile("a.md", "# A\n\n```\n# a comment\n```\n")]) == [])
  }

  private let record = """
    # 1 First

    ## Objective
    ## Background
    ## Decision
    ## Alternatives
    ## Consequences

    """

  @Test func aDecisionRecordHasItsParts() {
    #expect(findings([SourceFile("docs/decisions/0001-first.md", record)]) == [])
  }

  @Test func aDecisionRecordWithoutAPartIsSeen() {
    let text = record.split(separator: "\n").filter { $0 != "## Alternatives" }
      .joined(separator: "\n")
    let found = findings([SourceFile("docs/decisions/0001-first.md", text)])
    #expect(found.count == 1)
  }

  @Test func aGapInTheNumbersIsSeen() {
    let found = findings([
      SourceFile("docs/decisions/0001-first.md", record),
      SourceFile("docs/decisions/0003-third.md", record),
    ])
    #expect(found.count == 2)
  }
}
