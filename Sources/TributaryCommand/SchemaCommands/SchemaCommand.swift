internal import ArgumentParser

/// `tributary schema …`
struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Say what became of tables and columns.",
    discussion: """
      Columns and tables that an application adds are noticed by themselves. What it renames, \
      drops or gives another type is declared at the hub, before the programs are updated.
      """,
    subcommands: [SchemaPublishCommand.self])
}
