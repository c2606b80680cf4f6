internal import Foundation

/// Runs seeds, each twice, in folders of its own, and tells how they came out.
package struct SimulationRunner {
  /// Where each seed gets a folder for as long as it runs.
  package let folder: String
  package let keepsTrace: Bool

  package init(folder: String, keepsTrace: Bool = false) {
    self.folder = folder
    self.keepsTrace = keepsTrace
  }

  /// Memory if the machine has a file system in it, else the temporary folder.
  package static var fastestFolder: String {
    FileManager.default.fileExists(atPath: "/dev/shm")
      ? "/dev/shm" : FileManager.default.temporaryDirectory.path
  }

  /// Runs one seed once.
  package func run(_ seed: UInt64) throws -> SimulationOutcome {
    let own = "\(folder)/tributary-simulate-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: own) }
    return try Simulator(seed: seed, folder: own, keepsTrace: keepsTrace).run()
  }

  /// Runs one seed twice: two runs that differ are a violation, too.
  package func runTwice(_ seed: UInt64) throws -> SimulationOutcome {
    var first = try run(seed)
    let second = try run(seed)
    if first.traceDigest != second.traceDigest {
      first.violations.append(
        Violation("Determinism", "Two runs of the seed did different things."))
    }
    return first
  }
}

/// What some seeds came to together.
package struct SimulationReport: Sendable {
  package private(set) var seedCount = 0
  package private(set) var failures: [SimulationOutcome] = []
  package private(set) var faults = FaultCounts()
  package private(set) var causality = Causality.Counts()
  package private(set) var eventCount = 0
  /// Of all traces in their order: equal for two processes that ran the same seeds.
  package private(set) var traceDigest: UInt64 = 0

  package init() {}

  package mutating func add(_ outcome: SimulationOutcome) {
    seedCount += 1
    faults = faults + outcome.faults
    causality = causality + outcome.causality
    eventCount += outcome.eventCount
    traceDigest = traceDigest &* 0x100_0000_01b3 ^ outcome.traceDigest
    if !outcome.violations.isEmpty { failures.append(outcome) }
  }

  /// The command that repeats a seed, with its trace.
  package static func command(repeating seed: UInt64) -> String {
    "tributary-simulate --seed \(seed) --trace"
  }

  /// The report as people read it. `seconds` is what it took.
  package func text(seconds: Double) -> String {
    let rate = seconds > 0 ? Double(seedCount) / seconds : 0
    var lines = [
      "\(seedCount) seeds, each run twice, in \(String(format: "%.1f", seconds)) s:"
        + " \(String(format: "%.1f", rate)) seeds per second",
      "\(eventCount) events; \(failures.count) seeds failed; trace digest"
        + " \(String(traceDigest, radix: 16))",
      "\(causality.pairs) pairs of changes judged: \(causality.falseCausality) of false causality,"
        + " \(causality.spuriousConflicts) spurious conflicts",
    ]
    for (name, path) in FaultCounts.names {
      let count = String(faults[keyPath: path])
      lines.append(String(repeating: " ", count: max(0, 9 - count.count)) + count + "  " + name)
    }
    return lines.joined(separator: "\n")
  }

  /// What is wrong with a seed, and how to see it again.
  package static func text(of failure: SimulationOutcome) -> String {
    var lines = ["Seed \(failure.seed) failed. Repeat it with: \(command(repeating: failure.seed))"]
    lines += failure.violations.map { "  \($0)" }
    return lines.joined(separator: "\n")
  }
}
