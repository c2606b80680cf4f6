internal import ArgumentParser

/// `tributary hub backup`: a later version's.
struct HubBackupCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Back up a hub (not in this version).", shouldDisplay: false)

  @Argument(help: "The hub's folder.", completion: .directory)
  var folder: String

  @Argument(help: "The backup.", completion: .file())
  var file: String

  var undone: String { "No backup was made of \(folder)." }

  func perform() async throws -> ExitStatus {
    throw CommandFailure.notYet(
      undone: undone, what: "back up a hub",
      next: "Stop `tributary hub serve` and copy the whole folder; it is complete as it is.")
  }
}
