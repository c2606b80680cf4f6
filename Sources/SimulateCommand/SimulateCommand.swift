import ArgumentParser
import Simulation

/// Runs seeds of the simulated world and says what they found.
@main
struct SimulateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tributary-simulate",
    abstract: "Run branches and a hub in a simulated world, with everything going wrong.",
    discussion: """
      Each seed is a history of its own: branches edit and sync while messages are lost, doubled \
      and late, processes die at any step, and clocks lie. The engines are the shipped ones, on \
      real SQLite files, one thread and virtual time, so a seed always gives the same history. \
      Afterwards faults stop, everything must drain, and checkers compare what is there with what \
      the world knows happened.

      Each seed runs twice, and both runs must leave the same trace.

      Exit codes: 0 nothing found; 1 a checker found something: the command that repeats it is \
      printed; 64 wrong usage.
      """,
    subcommands: [ProtocolCommand.self])

  @Option(help: "How many seeds.")
  var seeds: Int = 100

  @Option(help: "The first seed.")
  var first: UInt64 = 1

  @Option(help: "Only this seed.")
  var seed: UInt64?

  @Flag(help: "Print every event of a failing seed, or of the one chosen with --seed.")
  var trace = false

  /// Failing seeds after which the rest is left out.
  private static let failuresMax = 5

  func validate() throws {
    guard seeds > 0 else { throw ValidationError("--seeds must be at least 1.") }
  }

  func run() throws {
    let runner = SimulationRunner(folder: SimulationRunner.fastestFolder, keepsTrace: trace)
    var report = SimulationReport()
    let clock = ContinuousClock()
    let began = clock.now
    let (last, isTooFar) = first.addingReportingOverflow(UInt64(seeds))
    guard !isTooFar else { throw ValidationError("--first and --seeds go beyond the last seed.") }
    for number in seed.map({ [$0] }) ?? Array(first..<last) {
      let outcome = try runner.runTwice(number)
      report.add(outcome)
      if trace, seed != nil || !outcome.violations.isEmpty {
        for line in outcome.traceLines { print(line) }
      }
      guard !outcome.violations.isEmpty else { continue }
      print(SimulationReport.text(of: outcome))
      if report.failures.count >= Self.failuresMax { break }
    }
    let elapsed = clock.now - began
    let seconds =
      Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    print(report.text(seconds: seconds))
    guard report.failures.isEmpty else { throw ExitCode.failure }
  }
}
