internal import Foundation

/// Measures what Tributary costs, each figure as a ratio within one run on this machine.
@main
struct Bench {
  var program = "tributary"
  var rowCount = 200_000
  var roundCount = 3
  var only: Set<Character> = ["a", "b", "c", "d", "e", "f"]

  static let usage = """
    tributary-bench --program PATH [--rows 200000] [--rounds 3] [--only abcdef]
      a  a writer's CPU with capture on, against off and against SQLite's session extension
      b  CPU of a sync of all rows from one branch to another, against copying them
      c  bytes for each changed row, against gzip -6 of the same rows as CSV
      d  peak memory of agent and hub, at this size and at twice the size
      e  the engine's bytes in a branch's file after everything is settled
      f  seconds to rehearse, publish and roll back a policy over recorded conflicts
    """

  static func main() {
    do {
      try start(Array(CommandLine.arguments.dropFirst()))
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(1)
    }
  }

  private static func start(_ arguments: [String]) throws {
    switch arguments.first {
    case "write": try write(arguments)
    case "copy": print(try copyCustomers(from: arguments[1], to: arguments[2]))
    case "fill": try Writer(arguments[1], noticing: .nothing).fill(Int(arguments[2]) ?? 0)
    case "change":
      try Writer(arguments[1], noticing: .nothing)
        .change(Int(arguments[2]) ?? 0, seed: arguments.count > 3 ? UInt64(arguments[3]) ?? 3 : 3)
    case "csv": print(try gzippedCSVBytes(arguments[1], arguments[2]))
    case "--help": print(usage)
    default: try Bench(arguments).run()
    }
  }

  /// `write DATABASE nothing|session ROWS`: in a process of its own, so that none warms another.
  private static func write(_ arguments: [String]) throws {
    let noticing = Writer.Noticing(rawValue: arguments[2]) ?? .nothing
    let costs = try Writer(arguments[1], noticing: noticing)
      .run(rowCount: Int(arguments[3]) ?? 0)
    print(String(decoding: try JSONEncoder().encode(costs), as: UTF8.self))
  }

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      guard let value = rest.popFirst() else { throw SQLiteFailure(description: Self.usage) }
      switch name {
      case "--program": program = URL(fileURLWithPath: value).path
      case "--rows": rowCount = Int(value) ?? rowCount
      case "--rounds": roundCount = Int(value) ?? roundCount
      case "--only": only = Set(value)
      default: throw SQLiteFailure(description: Self.usage)
      }
    }
  }

  func run() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/tributary-bench-\(getpid())"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let template = "\(folder)/template.db"
    try SQLite(template).execute(Customer.tableSQL)

    var report = Report(points: only)
    if only.contains("a") { try measureWriter(folder, template, &report) }
    if !only.isDisjoint(with: "bcde") { try measureSync(folder, template, &report) }
    if only.contains("f") { try measurePolicies(folder, template, &report) }
    print(report.text)
  }

  /// Runs a part of this program in a process of its own and returns what it printed.
  ///
  /// A program's peak memory counts what the process that started it had: so this one stays small.
  static func part(_ arguments: String...) throws -> String {
    try Program.run([ownPath] + arguments).output
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  static let ownPath = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path

  func say(_ text: String) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
}
