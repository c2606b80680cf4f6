internal import ArgumentParser
internal import Clocks
internal import HubStore

/// `tributary hub vector DIR [--at POSITION]`
struct HubVectorCommand: OperatorCommand {
  static let configuration = CommandConfiguration(
    commandName: "vector",
    abstract: "Print the version vector that the hub's log has at a position.",
    discussion: """
      For each branch, how many of its changesets the log holds up to there.

        tributary hub vector /srv/hub
        tributary hub vector /srv/hub --at 1000 --json
      """)

  @Argument(help: "The hub's folder.", completion: .directory)
  var folder: String

  @Option(help: ArgumentHelp("The position (default: the log's end).", valueName: "position"))
  var at: UInt64?

  @OptionGroup var output: OutputOptions

  var undone: String { "No version vector of \(folder) was read." }

  func perform() async throws -> ExitStatus {
    let store = try HubAccess.open(folder, undone: undone)
    let head = try store.head()
    let position = at.map { LogPosition($0) } ?? head
    guard position <= head else {
      throw CommandFailure(
        .noSuchPosition, undone: undone, why: "The log ends at position \(head).",
        next: "Ask for a position from 0 to \(head).")
    }
    let generation = try store.place(at: position).generation
    let names = try store.names()
    let counts = try store.vector(at: position).dots.map { dot in
      (name: names[dot.replica] ?? "\(dot.replica)", count: dot.counter)
    }
    if output.json {
      Console.print(json(generation, position, counts))
      return .done
    }
    Console.print(
      "Position \(NumberText.grouped(Int(clamping: position.rawValue))) of generation"
        + " \(generation)")
    var table = TextTable([.init("branch"), .init("changesets", isNumber: true)])
    for (name, count) in counts {
      table.append([ValueText.escaped(name), NumberText.grouped(Int(clamping: count))])
    }
    if !table.isEmpty { Console.print(lines: table.lines(style: Console.style)) }
    return .done
  }

  private func json(
    _ generation: GenerationID, _ position: LogPosition,
    _ counts: [(name: String, count: UInt64)]
  ) -> JSONValue {
    [
      "generation": .string(generation.description),
      "position": .integer(Int64(clamping: position.rawValue)),
      "vector": .object(
        counts.map { .init(name: $0.name, value: .integer(Int64(clamping: $0.count))) }),
    ]
  }
}
