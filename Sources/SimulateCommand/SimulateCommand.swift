import ArgumentParser

/// Runs seeds of simulated worlds and says what they found.
@main
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tributary-simulate",
    abstract: "Run branches and a hub in a simulated world, with everything going wrong.",
    subcommands: [EnginesCommand.self, ProtocolCommand.self, YearsCommand.self],
    defaultSubcommand: EnginesCommand.self)
}
