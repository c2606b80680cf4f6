internal import ArgumentParser
internal import Deltas
internal import HubStore
internal import Storage

/// `tributary schema publish DIR --like DB`
struct SchemaPublishCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "publish",
    abstract: "Declare a migration of the application's tables.",
    discussion: """
      Takes the tables and columns of a database that has the new ones, and what became of the \
      old. Branches are told at their next sync, and go on whichever program they have: an old \
      name and a new one are one column. Values of columns that are dropped are synced no more.

        tributary schema publish /srv/hub --like new.db \\
          --rename customer=client --rename client.phone=telephone --drop client.fax

      Names of columns begin with their table's new name. Nothing is done if something is missing \
      in the database that neither --rename nor --drop explains. Tables that are not synced yet \
      stay each branch's own, unless --table names them. Works while the hub serves. Exit codes: \
      0; 10 no hub; 13 it cannot be done.
      """)

  @Argument(help: "The hub's folder.", completion: .directory)
  var hub: String

  @Option(
    help: ArgumentHelp("An SQLite database that has the new tables.", valueName: "db"),
    completion: .file())
  var like: String

  @Option(
    help: ArgumentHelp(
      "A table to sync that is not synced yet; repeat for more.", valueName: "name"))
  var table: [String] = []

  @Option(
    help: ArgumentHelp(
      "A table or column that has another name now; repeat for more.", valueName: "old=new"))
  var rename: [String] = []

  @Option(
    help: ArgumentHelp("A table or column that is no more; repeat for more.", valueName: "name"))
  var drop: [String] = []

  @Option(
    help: ArgumentHelp(
      "How many migrations there are with this one: after the hub was restored, as branches say.",
      valueName: "number"))
  var revision: UInt64 = 0

  @OptionGroup var output: OutputOptions

  var undone: String { "The schema was not published." }

  func validate() throws {
    for text in rename where Self.rename(text) == nil {
      throw ValidationError("“\(text)” does not say what becomes of what: write TABLE.OLD=NEW.")
    }
    guard revision <= Self.revisionMax else {
      throw ValidationError("--revision is too large: take the number that a branch's sync says.")
    }
  }

  func perform() async throws -> ExitStatus {
    let store = try HubAccess.open(hub, undone: undone)
    let database = try Database(path: like, mode: .readOnly)
    let before = store.schema
    let migration = SchemaMigration(
      renames: rename.compactMap(Self.rename), drops: drop.map(Self.name), revisionMin: revision)
    let schema = try SchemaReader.read(
      database, after: migration, of: before, besides: table)
    let after = try store.publish(schema, by: migration)
    let report = SchemaReport(before: before, after: after)
    if output.json {
      Console.print(report.json)
    } else {
      Console.print(lines: report.lines)
    }
    return .done
  }

  private static let revisionMax: UInt64 = 1_000_000

  private static func name(_ text: String) -> SchemaMigration.Name {
    guard let dot = text.firstIndex(of: ".") else { return SchemaMigration.Name(table: text) }
    return SchemaMigration.Name(
      table: String(text[..<dot]), column: String(text[text.index(after: dot)...]))
  }

  private static func rename(_ text: String) -> SchemaMigration.Rename? {
    guard let sign = text.lastIndex(of: "="), sign > text.startIndex else { return nil }
    let new = String(text[text.index(after: sign)...])
    guard !new.isEmpty else { return nil }
    return SchemaMigration.Rename(name(String(text[..<sign])), to: new)
  }
}
