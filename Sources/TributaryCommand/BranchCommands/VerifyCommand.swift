internal import ArgumentParser

/// `tributary verify DB`
struct VerifyCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compare a branch's rows with the hub's and name each difference.",
    discussion: """
      Syncs first, so that both sides speak of the same moment; then compares digests, range by \
      range, and fetches only rows that differ. Finds what triggers cannot see: rows changed \
      while triggers were off, a damaged page.

        tributary verify customers.db

      Exit codes: 0 equal; 6 differences; 5 hub not reached; 10 not a branch.
      """)

  @Argument(help: "The branch's SQLite database.", completion: .file())
  var database: String

  @Flag(help: .hidden)
  var `repair` = false

  @OptionGroup var output: OutputOptions
  @OptionGroup var waiting: WaitOptions

  var undone: String { "\(database) was not compared with the hub." }

  func perform() async throws -> ExitStatus {
    if self.repair {
      throw CommandFailure.notYet(
        undone: "Nothing was repaired in \(database).",
        what: "repair differences (verify --repair)",
        next: "Run `tributary verify` to see them, write the right values at the branch, and sync.")
    }
    let verification = Verification(
      database: database, waitMilliseconds: waiting.wait.milliseconds, undone: undone)
    let result = try await verification.run()
    if output.json {
      Console.print(result.json)
    } else {
      Console.print(lines: result.lines(style: Console.style))
    }
    return result.differenceCount == 0 ? .done : .differences
  }
}
