internal import ArgumentParser
internal import Basics
internal import HubStore

/// `tributary policy versions DIR`
struct PolicyVersionsCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "versions",
    abstract: "List the policies that were published, the one in force first.",
    discussion: """
        tributary policy versions /srv/hub

      Exit codes: 0; 10 no hub.
      """)

  @Argument(help: "The hub's folder.", completion: .directory)
  var hub: String

  @OptionGroup var output: OutputOptions

  var undone: String { "No policy of \(ValueText.escaped(hub)) was listed." }

  func perform() async throws -> ExitStatus {
    let policies = try HubAccess.open(hub, undone: undone).policies()
    if output.json {
      Console.print(["versions": .array(policies.map(Self.json))] as JSONValue)
      return .done
    }
    guard !policies.isEmpty else {
      Console.print("No policy was published: the latest write stands everywhere.")
      return .done
    }
    var table = TextTable([.init("version"), .init("published"), .init("what")])
    for (index, policy) in policies.enumerated() {
      let what = policy.likeVersion.map { "back to version \($0)" } ?? "from a file"
      table.append([
        "\(policy.version)", TimeText.iso8601(milliseconds: policy.publishedMilliseconds),
        index == 0 ? "\(what), in force" : what,
      ])
    }
    Console.print(lines: table.lines(style: Console.style, width: Console.outputWidth))
    return .done
  }

  private static func json(_ policy: PublishedPolicy) -> JSONValue {
    [
      "version": .integer(Int64(clamping: policy.version)),
      "published": .time(policy.publishedMilliseconds),
      "backTo": policy.likeVersion.map { .integer(Int64(clamping: $0)) } ?? .null,
      "hash": .string(policy.contentHash.description),
    ]
  }
}
