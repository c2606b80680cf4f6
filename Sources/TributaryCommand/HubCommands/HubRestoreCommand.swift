internal import ArgumentParser
internal import HubStore

/// `tributary hub restore FILE DIR`
struct HubRestoreCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Make a folder the hub that a backup holds.",
    discussion: """
      Into a folder that is new or empty; into this hub's folder that has lost its store; or \
      into this hub as it is, also while it is served: its state is replaced then.

        tributary hub restore /backup/hub.backup /srv/hub

      What the hub accepted after the backup is not lost with it: each branch keeps what the \
      last backup does not have, and gives it back at its next sync, in any order, also after \
      months. `tributary hub losses` tells what nobody had any more. Revocations since the \
      backup are forgotten: revoke those devices again.

      Exit codes: 0; 1 failed, the folder is as it was; 11 locked.
      """)

  @Argument(help: "The backup.", completion: .file())
  var file: String

  @Argument(help: "The hub's folder: new, empty, or this hub's.", completion: .directory)
  var folder: String

  @OptionGroup var output: OutputOptions

  var undone: String { "\(folder) was not restored." }

  func perform() async throws -> ExitStatus {
    // Held until the end, so that nobody begins to serve what is half there.
    let (lock, isServed) = try FileLock.forServingIfFree(folder)
    defer { withExtendedLifetime(lock) {} }
    var progress = Progress()
    let facts = try HubStore.restore(
      file, into: folder, isServed: isServed,
      onProgress: { done, count in
        progress.show(pages: done, of: count, "Restoring")
      })
    progress.clear()
    let report = RestoreReport(facts: facts, folder: folder, isServed: isServed)
    if output.json {
      Console.print(report.json)
    } else {
      Console.print(lines: report.lines)
    }
    return .done
  }
}
