import ArgumentParser
import Simulation

/// Seeds of the world in which the shipped engines run.
struct EnginesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engines",
    abstract: "Run the shipped engines on machines, networks and clocks that fail.",
    discussion: """
      Each seed is a history of its own: branches edit and sync while messages are lost, doubled, \
      late and damaged, processes die at any operation, machines lose their power, disks fail and \
      fill up, and clocks lie. In half of the seeds old disks are put back, branches and the hub \
      alike, machines are copied and retired, and months pass at once. The engines are the shipped \
      ones, on SQLite, one thread and virtual time, so a seed always gives the same history. \
      Afterwards faults stop, everything must drain, and checkers compare what is there with what \
      the world knows happened.

      Each seed runs twice, and both runs must leave the same trace. Of a seed that fails, the \
      faults and then the events that it does not need are left out.

      Exit codes: 0 nothing found; 1 a checker found something: the command that repeats it is \
      printed; 64 wrong usage.
      """)

  @Option(help: "How many seeds.")
  var seeds: Int = 100

  @Option(help: "The first seed.")
  var first: UInt64 = 1

  @Option(help: "Only this seed.")
  var seed: UInt64?

  @Option(help: "How many seeds run at a time.")
  var jobs: Int = 1

  @Option(
    help: ArgumentHelp(
      "Faults to leave out, separated by commas.",
      discussion: "Known: \(SimulationPlan.faultNames.joined(separator: ", "))."))
  var without: String?

  @Option(help: "Events to leave out: numbers and ranges, such as 12,30-44.")
  var skipEvents: String?

  @Flag(help: "Print every event of a failing seed, or of the one chosen with --seed.")
  var trace = false

  @Flag(name: .customLong("no-shrink"), help: "Leave failing seeds as they are.")
  var keepsWhole = false

  /// Failing seeds after which the rest is left out.
  private static let failuresMax = 5

  func validate() throws {
    guard seeds > 0 else { throw ValidationError("--seeds must be at least 1.") }
    guard (1...64).contains(jobs) else { throw ValidationError("--jobs must be 1 to 64.") }
    for name in names where !SimulationPlan.faultNames.contains(name) {
      throw ValidationError("--without does not know “\(name)”.")
    }
    guard skipEvents == nil || EventSelection(skipEvents ?? "") != nil else {
      throw ValidationError("--skip-events takes numbers and ranges, such as 12,30-44.")
    }
  }

  private var names: [String] { (without ?? "").split(separator: ",").map(String.init) }

  private var reduction: Reduction {
    Reduction(
      faultsLeftOut: names, eventsLeftOut: skipEvents.flatMap { EventSelection($0) } ?? .none)
  }

  func run() throws {
    let runner = SimulationRunner(
      folder: SimulationRunner.fastestFolder, keepsTrace: trace, reduction: reduction)
    let (last, isTooFar) = first.addingReportingOverflow(UInt64(seeds))
    guard !isTooFar else { throw ValidationError("--first and --seeds go beyond the last seed.") }
    var report = SimulationReport()
    let clock = ContinuousClock()
    let began = clock.now
    let numbers = seed.map { [$0] } ?? Array(first..<last)
    try runner.run(numbers, jobs: jobs, failuresMax: Self.failuresMax) { outcome in
      report.add(outcome)
      if trace, seed != nil || !outcome.violations.isEmpty {
        for line in outcome.traceLines { print(line) }
      }
      guard !outcome.violations.isEmpty else { return }
      print(SimulationReport.text(of: outcome))
      if !keepsWhole, !trace {
        print(SimulationReport.text(of: try Shrinker(runner).shrink(outcome)))
      }
    }
    let elapsed = clock.now - began
    let seconds =
      Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    print(report.text(seconds: seconds))
    guard report.failures.isEmpty else { throw ExitCode.failure }
  }
}
