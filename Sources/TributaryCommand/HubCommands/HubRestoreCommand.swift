internal import ArgumentParser

/// `tributary hub restore`: a later version's.
struct HubRestoreCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Restore a hub (not in this version).",
    shouldDisplay: false)

  @Argument(help: "The backup.", completion: .file())
  var file: String

  @Argument(help: "The hub's folder.", completion: .directory)
  var folder: String

  var undone: String { "\(folder) was not restored." }

  func perform() async throws -> ExitStatus {
    throw CommandFailure.notYet(
      undone: undone, what: "restore a hub",
      next: "Keep the copy of the folder until a version can: branches notice a hub that is older "
        + "than they are, and stop rather than lose work.")
  }
}
