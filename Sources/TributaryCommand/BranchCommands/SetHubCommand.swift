internal import ArgumentParser
internal import Transport

/// `tributary set-hub DB URL`
struct SetHubCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "set-hub",
    abstract: "Tell a branch the new address of its hub.",
    discussion: """
      For a hub that has moved to another host name, address or port. Whoever answers there must \
      be the hub that the branch has joined: it shows a certificate of the same authority and \
      has the same identity. If it is not, or does not answer, the old address stays.

        tributary set-hub customers.db https://hub2.example.com:8443
        tributary sync customers.db

      An agent that runs uses the new address from its next sync on.

      Exit codes: 0; 4 not the hub that this branch belongs to; 5 nobody answers there; \
      10 not a branch; 11 locked; 12 revoked.
      """)

  @Argument(help: "The branch's SQLite database.", completion: .file())
  var database: String

  @Argument(help: "The hub's address: https://HOST:PORT.")
  var url: String

  @OptionGroup var output: OutputOptions
  @OptionGroup var waiting: WaitOptions

  var undone: String { "The hub of \(database) was not changed." }

  func validate() throws {
    guard HubURL(url) != nil else {
      throw ValidationError("“\(url)” is no address such as https://hub.example.com:8443.")
    }
  }

  func perform() async throws -> ExitStatus {
    guard let address = HubURL(url) else { return .usage }
    let branch = try await HubMove(
      database: database, waitMilliseconds: waiting.wait.milliseconds, undone: undone
    ).move(to: address)
    if output.json {
      Console.print(["branch": .string(branch), "hub": .string(address.description)])
    } else {
      Console.print("\(ValueText.escaped(branch)) finds its hub at \(address) from now on.")
    }
    return .done
  }
}
