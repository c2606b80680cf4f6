internal import ArgumentParser
internal import HubStore

/// `tributary policy show DIR`
struct PolicyShowCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print the policy in force, as it was written.",
    discussion: """
        tributary policy show /srv/hub
        tributary policy show /srv/hub --version 3

      Exit codes: 0; 1 there is no such version; 10 no hub.
      """)

  @Argument(help: "The hub's folder.", completion: .directory)
  var hub: String

  @Option(help: ArgumentHelp("An earlier version.", valueName: "number"))
  var version: UInt64?

  @OptionGroup var output: OutputOptions

  var undone: String { "No policy of \(ValueText.escaped(hub)) was shown." }

  func perform() async throws -> ExitStatus {
    let store = try HubAccess.open(hub, undone: undone)
    let wanted =
      try version.map { try PolicySource.version($0, of: store, undone: undone) }
      ?? store.policyInForce()
    if output.json {
      Console.print(
        [
          "version": .integer(Int64(clamping: wanted?.version ?? 0)),
          "text": .optional(wanted?.source),
        ] as JSONValue)
    } else if let wanted {
      Console.print(
        lines: wanted.source.split(separator: "\n", omittingEmptySubsequences: false)
          .map(String.init))
    } else {
      Console.print("No policy was published: the latest write stands everywhere.")
    }
    return .done
  }
}
