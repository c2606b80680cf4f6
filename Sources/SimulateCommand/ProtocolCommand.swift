import ArgumentParser
import ProtocolSimulation

/// Runs histories of the protocol's model, or the model's planted bugs.
struct ProtocolCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "protocol",
    abstract: "Run the protocol's model: no databases, no bytes, only what is said and kept.",
    discussion: """
      Each seed is a list of events: writes, syncs message by message, and what goes wrong. A seed \
      that fails is shrunk to the events that it needs, and printed with the command that repeats \
      it. With --mutants every planted bug must be caught; see docs/simulation.md.

      Exit codes: 0 nothing found, or all planted bugs caught; 1 otherwise; 64 wrong usage.
      """)

  @Option(help: "How many seeds.")
  var seeds: Int = 10_000

  @Option(help: "The first seed.")
  var first: UInt64 = 1

  @Option(help: "How many threads.")
  var jobs: Int = 2

  @Option(
    help: """
      What kind of trouble: mixed, if not given, or one of its own; all for so many seeds of each.
      """)
  var shape: String?

  @Option(help: "Plant this bug.")
  var mutant: String?

  @Flag(help: "Plant each bug in turn, or the one given, and say how soon it is caught.")
  var mutants = false

  @Flag(help: "With --mutants: print the table of docs/mutants.md.")
  var markdown = false

  @Option(help: "With --mutants: how often each is looked for, in seeds of their own.")
  var trials: Int = 3

  func validate() throws {
    guard seeds > 0, jobs > 0, trials > 0 else {
      throw ValidationError("--seeds, --jobs and --trials must be at least 1.")
    }
    guard mutant.map({ Mutant(rawValue: $0) != nil }) ?? true else {
      throw ValidationError(
        "There is no such bug. There are: "
          + Mutant.allCases.map(\.rawValue).joined(separator: ", ") + ".")
    }
    guard shape.map({ $0 == "all" || HistoryShape(rawValue: $0) != nil }) ?? true else {
      throw ValidationError(
        "There is no such shape. There are: all, "
          + HistoryShape.allCases.map(\.rawValue).joined(separator: ", ") + ".")
    }
    guard !first.addingReportingOverflow(UInt64(seeds)).overflow else {
      throw ValidationError("--first and --seeds go beyond the last seed.")
    }
  }

  func run() async throws {
    if mutants { return try await runMutants() }
    let planted = mutant.flatMap { Mutant(rawValue: $0) } ?? .none
    let shapes = shape == "all" ? HistoryShape.allCases : [namedShape ?? .mixed]
    let clock = ContinuousClock()
    let began = clock.now
    var report = ProtocolReport()
    for shape in shapes {
      await withTaskGroup(of: ProtocolReport.self) { group in
        for job in 0..<jobs {
          group.addTask {
            ProtocolRunner.run(
              seeds: stride(from: first + UInt64(job), to: first + UInt64(seeds), by: jobs),
              shape: shape, mutant: planted)
          }
        }
        for await part in group { report.add(part) }
      }
    }
    let elapsed = clock.now - began
    let seconds =
      Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    for failure in report.failures.prefix(3) { print(ProtocolReport.text(of: failure)) }
    print(report.text(seconds: seconds))
    guard report.failures.isEmpty else { throw ExitCode.failure }
  }

  private var namedShape: HistoryShape? { shape.flatMap { HistoryShape(rawValue: $0) } }

  private func runMutants() async throws {
    var survivors = 0
    var results: [MutantResult] = []
    await withTaskGroup(of: MutantResult.self) { group in
      let named = mutant.flatMap { Mutant(rawValue: $0) }
      var rest = Mutant.allCases.filter { named.map { [$0] }?.contains($0) ?? ($0 != .none) }[...]
      func addNext() {
        guard let next = rest.popFirst() else { return }
        group.addTask {
          ProtocolRunner.hunt(
            next, shape: namedShape ?? next.shape, trials: trials, seedsMax: seeds, first: first)
        }
      }
      for _ in 0..<jobs { addNext() }
      while let result = await group.next() {
        if !markdown { print(result.text) }
        results.append(result)
        if result.seedCounts.count < trials { survivors += 1 }
        addNext()
      }
    }
    if markdown {
      print(MutantResult.markdownHead)
      for mutant in Mutant.allCases {
        for result in results where result.mutant == mutant { print(result.markdown) }
      }
    }
    guard survivors == 0 else {
      print("\(survivors) planted bugs were not caught.")
      throw ExitCode.failure
    }
  }
}
