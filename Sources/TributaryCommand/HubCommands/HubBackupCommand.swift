internal import ArgumentParser
internal import HubStore
internal import Transport

/// `tributary hub backup DIR FILE`
struct HubBackupCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Write the whole hub into one file, while it is served too.",
    discussion: """
      The file is an SQLite database: the hub’s tables as they were at one moment, its log, its \
      keys and certificates. It is checked before it takes its name, and a backup of this hub \
      that has the name is replaced then; anything else that has it is left alone.

        tributary hub backup /srv/hub /backup/hub.backup

      Whoever has the file can be the hub: it is made readable for you alone, keep it so. \
      Branches keep what the last backup does not have, so that they can give it back to a hub \
      that is restored; the more often you make one, the less they keep.

      Exit codes: 0; 1 failed, FILE is as it was; 10 not a hub; 11 another backup is being \
      written there.
      """)

  @Argument(help: "The hub's folder.", completion: .directory)
  var folder: String

  @Argument(help: "The backup: a new file, or an earlier backup of this hub.", completion: .file())
  var file: String

  @OptionGroup var output: OutputOptions

  var undone: String { "No backup of \(folder) was made." }

  func perform() async throws -> ExitStatus {
    let store = try HubAccess.open(folder, undone: undone)
    var progress = Progress()
    let facts = try store.backup(
      to: file, wallMilliseconds: WallClock.systemMilliseconds(),
      onProgress: { done, count in
        progress.show(pages: done, of: count, "Backing up")
      })
    progress.clear()
    let report = BackupReport(facts: facts, file: file)
    if output.json {
      Console.print(report.json)
    } else {
      Console.print(lines: report.lines)
    }
    return .done
  }
}
