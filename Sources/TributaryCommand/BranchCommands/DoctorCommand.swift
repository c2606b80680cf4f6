internal import ArgumentParser

/// `tributary doctor DB-or-DIR`
struct DoctorCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check the file, the triggers, the clock, the certificate and the hub.",
    discussion: """
      Changes nothing. Every finding comes with what to do about it.

        tributary doctor customers.db
        tributary doctor /srv/hub

      Exit codes: 0 all is well; 6 something needs attention; 10 neither a branch nor a hub.
      """)

  @Argument(help: "A branch's database or a hub's folder.", completion: .file())
  var place: String

  @OptionGroup var output: OutputOptions

  var undone: String { "\(place) was not checked." }

  func perform() async throws -> ExitStatus {
    let report = try await Examination(place: place, undone: undone).run()
    if output.json {
      Console.print(report.json)
    } else {
      Console.print(lines: report.lines(style: Console.style))
    }
    return report.isWell ? .done : .differences
  }
}
