internal import ArgumentParser

/// `tributary hub …`
struct HubCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hub",
    abstract: "Make, run and look after a hub.",
    discussion: """
      A hub is a folder: its data in hub.db, an ordinary SQLite file that can be queried, and its \
      private certificate authority in pki/. Keep the folder safe, and let only one process serve \
      it; every other command works while it is served.
      """,
    subcommands: [
      HubInitCommand.self, HubServeCommand.self, HubInviteCommand.self, HubBranchesCommand.self,
      HubRevokeCommand.self, HubRetireCommand.self, HubSalvageCommand.self,
      HubBackupCommand.self, HubRestoreCommand.self, HubLossesCommand.self,
      HubVectorCommand.self,
    ])
}
