internal import ArgumentParser

/// `tributary policy check FILE (--like DB | DIR)`
struct PolicyCheckCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check a policy file against tables, and say what it comes to.",
    discussion: """
      Nothing is changed anywhere. All that is wrong is told at once, as FILE:LINE:COLUMN; then, \
      if nothing is, what the file says of each table, in words.

        tributary policy check shops.yaml /srv/hub
        tributary policy check shops.yaml --like customers.db

      A database does not know the branches, so their names are only checked against a hub.

      Exit codes: 0 the file is a policy, warnings or not; 1 it is none.
      """)

  @Argument(help: "The policy file.", completion: .file(extensions: ["yaml", "yml"]))
  var file: String

  @Argument(help: "The folder of the hub that it is for.", completion: .directory)
  var hub: String?

  @Option(
    help: ArgumentHelp("An SQLite database with the tables, instead of a hub.", valueName: "db"),
    completion: .file())
  var like: String?

  @OptionGroup var output: OutputOptions

  var undone: String { "\(ValueText.escaped(file)) was not checked." }

  func validate() throws {
    if hub == nil, like == nil {
      throw ValidationError("Name the hub's folder, or a database with --like.")
    }
    if hub != nil, like != nil {
      throw ValidationError("Name a hub's folder or a database with --like, not both.")
    }
  }

  func perform() async throws -> ExitStatus {
    let tables: PolicyTables
    if let like {
      tables = try PolicyTables(database: like, undone: undone)
    } else {
      tables = try PolicyTables(hub: hub ?? "", undone: undone)
    }
    let text = try PolicySource.bytes(of: file, undone: undone)
    let check = PolicyCheck(file: file, tables: tables, text: text)
    if output.json { Console.print(check.json) }
    for line in check.remarkLines(style: Console.errorStyle) { Console.note(line) }
    if let failure = check.failure { throw failure }
    if !output.json { Console.print(lines: check.lines(style: Console.style)) }
    return .done
  }
}
