internal import ArgumentParser

/// `tributary why DB-or-DIR TABLE KEY [COLUMN]`
struct WhyCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Say where a value comes from, what it stood against, and how far a change has got.",
    discussion: """
      Asks the hub where it must; what waits here is known without it.

        tributary why customers.db customer 4711
        tributary why customers.db customer 4711 phone
        tributary why customers.db order_line '[10248, 11]'

      Exit codes: 0; 5 the hub was not reached and only what is known here is printed; 10 neither \
      a branch nor a hub.
      """)

  @Argument(help: "A branch's database or a hub's folder.", completion: .file())
  var place: String

  @Argument(help: "The table.")
  var table: String

  @Argument(help: "The row's key; a composite key as a JSON array.")
  var key: String

  @Argument(help: "One column; without it, all.")
  var column: String?

  @OptionGroup var output: OutputOptions

  var undone: String { "Nothing was said of \(table) \(ValueText.escaped(key)) in \(place)." }

  func perform() async throws -> ExitStatus {
    let question = WhyQuestion(place: place, table: table, key: key, column: column, undone: undone)
    let answer = try await question.answer()
    if output.json {
      Console.print(answer.json)
    } else {
      Console.print(lines: answer.lines(style: Console.style))
    }
    if let failure = answer.failure { Console.note(failure) }
    return answer.status
  }
}
