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
        tributary verify customers.db --repair

      --repair sends each difference as a change that never saw what the hub has: if somebody \
      else wrote there, that is a conflict like any other, and the ledger has both values. What \
      still differs then is taken from the hub. Every row is named.

      Exit codes: 0 equal, also by repair; 6 differences; 5 hub not reached; 10 not a branch.
      """)

  @Argument(help: "The branch's SQLite database.", completion: .file())
  var database: String

  @Flag(help: "Heal what differs: send it as this branch’s change, or take the hub’s row.")
  var `repair` = false

  @OptionGroup var output: OutputOptions
  @OptionGroup var waiting: WaitOptions

  var undone: String { "\(database) was not compared with the hub." }

  func perform() async throws -> ExitStatus {
    let verification = Verification(
      database: database, waitMilliseconds: waiting.wait.milliseconds, undone: undone,
      isRepairing: self.repair)
    let result = try await verification.run()
    if output.json {
      Console.print(result.json)
    } else {
      Console.print(lines: result.lines(style: Console.style))
    }
    return result.differenceCount == 0 ? .done : .differences
  }
}
