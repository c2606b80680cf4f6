internal import ArgumentParser
internal import HubStore
internal import Policies
internal import Transport

/// `tributary policy rollback DIR`
struct PolicyRollbackCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Put an earlier policy in force again.",
    discussion: """
      Publishes its text as a new version: the one before the one in force, or --to another. The \
      ledger's conflicts are decided again by it, as with `policy publish`.

        tributary policy rollback /srv/hub
        tributary policy rollback /srv/hub --to 3

      Exit codes: 0; 1 there is no such version; 10 no hub.
      """)

  @Argument(help: "The hub's folder.", completion: .directory)
  var hub: String

  @Option(help: ArgumentHelp("The version to go back to.", valueName: "number"))
  var to: UInt64?

  @Flag(help: "Leave the conflicts there were as they were decided.")
  var fromNowOn = false

  @OptionGroup var output: OutputOptions

  var undone: String { "The policy of \(ValueText.escaped(hub)) was not changed." }

  func perform() async throws -> ExitStatus {
    let store = try HubAccess.open(hub, undone: undone)
    let current = try store.policyMark()?.version ?? 0
    let wanted = to ?? (current == 0 ? 0 : current - 1)
    guard current > 0, wanted != current else {
      throw CommandFailure(
        .badPolicy, undone: undone,
        why: current == 0 ? "No policy was published." : "Version \(wanted) is in force.",
        next: "See `tributary policy versions \(hub)`.")
    }
    try store.registerHeadquarters(wallMilliseconds: WallClock.systemMilliseconds())
    let source =
      wanted == 0
      ? PolicySource.none
      : try PolicySource.version(wanted, of: store, undone: undone).source
    let policy = try PolicySource.policy(source, named: "version \(wanted)", store, undone: undone)
    let publication = PolicyPublication(
      policy: policy, likeVersion: wanted, isFromNowOn: fromNowOn)
    try publication.publish(at: store).print(asJSON: output.json)
    return .done
  }
}
