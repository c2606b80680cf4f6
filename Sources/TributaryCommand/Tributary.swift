internal import ArgumentParser

/// The one program: every command of hub and branch.
@main
struct Tributary: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tributary",
    abstract: "Branches that work offline on their own databases and agree when they meet.",
    discussion: """
      A hub keeps what all branches have in common; each branch keeps an SQLite database, used \
      by the programs it always had. Start with a look at everything on this machine:

        tributary demo

      Then for real, at headquarters:

        tributary hub init /srv/hub --like customers.db --host hub.example.com
        tributary hub serve /srv/hub --listen 0.0.0.0:8443
        tributary hub invite /srv/hub --branch Riverside \\
          --url https://hub.example.com:8443

      and at the branch:

        tributary join customers.db TOKEN
        tributary sync customers.db

      Exit codes: 0 done; 1 failed; 3 done, with conflicts or rows to look at; 4 not allowed; \
      5 hub not reached, nothing lost; 6 differences found; 10 not a branch or hub; 11 locked; \
      12 revoked; 13 schema does not fit; 64 wrong usage; 130 interrupted.
      """,
    version: ProgramVersion.current,
    groupedSubcommands: [
      CommandGroup(
        name: "Branch",
        subcommands: [
          JoinCommand.self, SyncCommand.self, AgentCommand.self, StatusCommand.self,
          SetHubCommand.self, LeaveCommand.self,
        ]),
      CommandGroup(
        name: "Branch or hub",
        subcommands: [
          ConflictsCommand.self, WhyCommand.self, DigestCommand.self, VerifyCommand.self,
          DoctorCommand.self,
        ]),
      CommandGroup(
        name: "Hub",
        subcommands: [
          HubCommand.self, HistoryCommand.self, PolicyCommand.self, SchemaCommand.self,
          QuarantineCommand.self,
        ]),
      CommandGroup(
        name: "Getting to know it",
        subcommands: [DemoCommand.self, CompletionCommand.self]),
    ])

  static func main() async {
    Interruption.exitWhenAsked()
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch let failure as CommandFailure {
      Console.note(failure)
      exit(withError: ExitCode(failure.status.rawValue))
    } catch {
      exit(withError: error)
    }
  }
}
