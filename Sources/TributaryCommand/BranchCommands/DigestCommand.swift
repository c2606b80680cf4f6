internal import ArgumentParser

/// `tributary digest DB-or-DIR`
struct DigestCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "digest",
    abstract: "Print a digest of each tracked table: equal if and only if the rows are equal.",
    discussion: """
      Two places with the same digests hold the same rows, byte for byte. A table whose rows stay \
      at the hub is named as not compared: each branch has its own.

        tributary digest customers.db
        tributary digest /srv/hub --json
      """)

  @Argument(help: "A branch's database or a hub's folder.", completion: .file())
  var place: String

  @OptionGroup var output: OutputOptions

  var undone: String { "No digest of \(place) was made." }

  func perform() async throws -> ExitStatus {
    let place = try Place(place, undone: undone)
    let report = DigestReport(try place.digests(), withheld: try place.withheld())
    if output.json {
      Console.print(report.json)
    } else {
      Console.print(lines: report.lines(style: Console.style))
    }
    return .done
  }
}
