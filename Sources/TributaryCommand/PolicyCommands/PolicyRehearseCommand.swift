internal import ArgumentParser
internal import HubStore
internal import Policies

/// `tributary policy rehearse FILE DIR`
struct PolicyRehearseCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "rehearse",
    abstract: "Say what a policy would have made of the conflicts there were.",
    discussion: """
      Decides the ledger's conflicts again, as far as what they came to still stands, and changes \
      nothing. What people decided stays, and what somebody has written since.

        tributary policy rehearse shops.yaml /srv/hub

      Exit codes: 0; 1 the file is no policy; 10 no hub.
      """)

  @Argument(help: "The policy file.", completion: .file(extensions: ["yaml", "yml"]))
  var file: String

  @Argument(help: "The hub's folder.", completion: .directory)
  var hub: String

  @Option(help: ArgumentHelp("At most so many examples.", valueName: "count"))
  var sample: Int = 10

  @OptionGroup var output: OutputOptions

  var undone: String { "\(ValueText.escaped(file)) was not rehearsed." }

  func validate() throws {
    if sample < 0 { throw ValidationError("--sample must not be negative.") }
  }

  func perform() async throws -> ExitStatus {
    let store = try HubAccess.open(hub, undone: undone)
    let policy = try PolicySource.policy(of: file, at: store, undone: undone)
    let report = RehearsalReport(
      rehearsal: try store.rehearse(policy.policy, sampleMax: sample), schema: store.schema,
      names: try store.names(), isDone: false)
    report.print(asJSON: output.json)
    return .done
  }
}
