internal import ArgumentParser
internal import HubStore

/// `tributary hub revoke DIR NAME`
struct HubRevokeCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Refuse a branch's device from its next request on.",
    discussion: """
      What it has sent stays. For a lost or stolen machine, or a branch that has closed. To let \
      the branch return, invite it again.

        tributary hub revoke /srv/hub Riverside
      """)

  @Argument(help: "The hub's folder.", completion: .directory)
  var folder: String

  @Argument(help: "The branch's name, as `hub branches` shows it.")
  var name: String

  var undone: String { "\(name) was not revoked." }

  func perform() async throws -> ExitStatus {
    try HubAccess.open(folder, undone: undone).revoke(name: name)
    Console.print("\(name) is revoked and refused from its next request on.")
    return .done
  }
}
