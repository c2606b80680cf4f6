internal import ArgumentParser

/// `tributary sync DB`
struct SyncCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync",
    abstract: "Exchange changes with the hub until neither side has anything for the other.",
    discussion: """
      Sends what was written here since the last time, fetches what others wrote, and makes all \
      of it visible in one transaction. Programs may go on writing meanwhile. It can be stopped \
      and repeated at any moment.

        tributary sync customers.db

      Exit codes: 0 done; 3 done, with open conflicts or quarantined rows to look at; 4 not \
      allowed; 5 hub not reached, nothing lost; 10 not a branch; 11 locked; 12 revoked.
      """)

  @Argument(help: "The branch's SQLite database.", completion: .file())
  var database: String

  @OptionGroup var output: OutputOptions
  @OptionGroup var waiting: WaitOptions

  var undone: String { "\(database) was not synced." }

  func perform() async throws -> ExitStatus {
    let line = try BranchLine(
      database: database, waitMilliseconds: waiting.wait.milliseconds, undone: undone)
    let result = try await line.sync(showsProgress: true)
    await line.close()
    for note in result.notes { Console.note(note) }
    if output.json {
      Console.print(result.json)
    } else {
      Console.print(lines: result.lines)
    }
    return result.status
  }
}
