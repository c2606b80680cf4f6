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
      alike, machines are copied and retired, and months pass at once. Policies are drawn, too; \
      some seeds have a table that counts, a column that programs get one after the other, tables \
      that refer to each other, or a hub that keeps a history. The engines are the shipped ones, \
      on SQLite, one thread and virtual time, so a seed always gives the same history. Afterwards \
      faults stop, everything must drain, and checkers compare what is there with what the world \
      knows happened.

      Each seed runs twice, and both runs must leave the same trace; --repeat-every makes that a \
      sample. Of a seed that fails, the faults and then the events that it does not need are left \
      out. A long run can be split with --first, and tells every half minute how far it is.

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
      "Which seeds run twice, to see that both runs do the same: the multiples of this.",
      discussion: "1, all of them, is right for some hundreds; 16 for long runs."))
  var repeatEvery: UInt64 = 1

  @Option(help: "Failing seeds after which the rest is left out.")
  var failuresMax: Int = 5

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

  /// Between two lines that say how far a long run is.
  private static let progressSeconds = 30.0

  func validate() throws {
    guard seeds > 0 else { throw ValidationError("--seeds must be at least 1.") }
    guard repeatEvery > 0 else { throw ValidationError("--repeat-every must be at least 1.") }
    guard failuresMax > 0 else { throw ValidationError("--failures-max must be at least 1.") }
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
    var toldSeconds = 0.0
    func elapsedSeconds() -> Double {
      let elapsed = (clock.now - began).components
      return Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
    }
    let numbers = seed.map { [$0] } ?? Array(first..<last)
    try runner.run(
      numbers, jobs: jobs, failuresMax: failuresMax, repeatEvery: seed == nil ? repeatEvery : 1
    ) { outcome in
      report.add(outcome)
      try tell(outcome, runner)
      let seconds = elapsedSeconds()
      if seconds - toldSeconds >= Self.progressSeconds {
        toldSeconds = seconds
        SimulationRunner.tell(report.progress(of: numbers.count, seconds: seconds))
      }
    }
    SimulationRunner.tell(report.text(seconds: elapsedSeconds()))
    guard report.failures.isEmpty else { throw ExitCode.failure }
  }

  /// What is wrong with a seed, at once.
  private func tell(_ outcome: SimulationOutcome, _ runner: SimulationRunner) throws {
    if trace, seed != nil || !outcome.violations.isEmpty {
      for line in outcome.traceLines { SimulationRunner.tell(line) }
    }
    guard !outcome.violations.isEmpty else { return }
    SimulationRunner.tell(SimulationReport.text(of: outcome))
    if !keepsWhole, !trace {
      SimulationRunner.tell(SimulationReport.text(of: try Shrinker(runner).shrink(outcome)))
    }
  }
}
