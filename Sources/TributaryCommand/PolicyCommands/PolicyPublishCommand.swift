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
    let now = WallClock.systemMilliseconds()
    try store.registerHeadquarters(wallMilliseconds: now)
    let policy = try PolicySource.policy(of: file, at: store, undone: undone)
    var report = RehearsalReport(schema: store.schema, names: try store.names(), isDone: true)
    if fromNowOn {
      report.version = try store.publish(
        policy.policy, source: policy.text, wallMilliseconds: now)
    } else {
      let published = try store.publishAnew(
        policy.policy, source: policy.text, sampleMax: 0, wallMilliseconds: now)
      (report.version, report.rehearsal) = (published.version, published.rehearsal)
    }
    if output.json {
      Console.print(report.json)
    } else {
      Console.print(lines: report.lines(style: Console.style))
    }
    return .done
  }
}
