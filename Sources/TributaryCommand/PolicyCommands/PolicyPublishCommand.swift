internal import ArgumentParser
internal import HubStore
internal import Policies
internal import Transport

/// `tributary policy publish FILE DIR`
struct PolicyPublishCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "publish",
    abstract: "Put a policy in force.",
    discussion: """
      Everything that the hub accepts from now on is merged by it, and branches learn of it at \
      their next sync. The ledger's conflicts are decided again by it, as `policy rehearse` says \
      beforehand, and branches get what then stands; --from-now-on leaves them as they are.

        tributary policy publish shops.yaml /srv/hub

      Works while the hub serves. Exit codes: 0; 1 the file is no policy; 10 no hub.
      """)

  @Argument(help: "The policy file.", completion: .file(extensions: ["yaml", "yml"]))
  var file: String

  @Argument(help: "The hub's folder.", completion: .directory)
  var hub: String

  @Flag(help: "Leave the conflicts there were as they were decided.")
  var fromNowOn = false

  @OptionGroup var output: OutputOptions

  var undone: String { "\(ValueText.escaped(file)) was not published." }

  func perform() async throws -> ExitStatus {
    let store = try HubAccess.open(hub, undone: undone)
    try store.registerHeadquarters(wallMilliseconds: WallClock.systemMilliseconds())
    let policy = try PolicySource.policy(of: file, at: store, undone: undone)
    let publication = PolicyPublication(policy: policy, isFromNowOn: fromNowOn)
    try publication.publish(at: store).print(asJSON: output.json)
    return .done
  }
}
