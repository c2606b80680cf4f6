internal import Dispatch
internal import Foundation
internal import Storage
internal import Synchronization

/// Runs seeds, in folders of their own, and tells how they came out.
package struct SimulationRunner: Sendable {
  /// Where each seed gets a folder for as long as it runs.
  package let folder: String
  package let keepsTrace: Bool

  package let reduction: Reduction
  /// For tests: the event before which somebody changes rows at the hub.
  let breaksHubAt: Int?

  package init(
    folder: String, keepsTrace: Bool = false, reduction: Reduction = .nothing,
    breaksHubAt: Int? = nil
  ) {
    self.breaksHubAt = breaksHubAt
    self.folder = folder
    self.keepsTrace = keepsTrace
    self.reduction = reduction
  }

  /// Memory if the machine has a file system in it, else the temporary folder.
  package static var fastestFolder: String {
    FileManager.default.fileExists(atPath: "/dev/shm")
      ? "/dev/shm" : FileManager.default.temporaryDirectory.path
  }

  /// Writes lines to the standard output at once, so that who reads a long run's file sees them.
  package static func tell(_ lines: String) {
    FileHandle.standardOutput.write(Data((lines + "\n").utf8))
  }

  /// Runs one seed once.
  package func run(_ seed: UInt64) throws -> SimulationOutcome {
    let own = "\(folder)/tributary-simulate-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: own) }
    let simulator = try Simulator(
      seed: seed, folder: own, keepsTrace: keepsTrace, reduction: reduction)
    if let breaksHubAt {
      simulator.onEvent = { number in
        guard number == breaksHubAt else { return }
        try Database(path: own + "/hub/hub.db", mode: .readWrite).executeScript(
          "INSERT INTO customer (id, name) VALUES (-1, 'nobody')")
      }
    }
    return simulator.run()
  }

  /// Runs one seed twice: two runs that differ are a violation, too.
  package func runTwice(_ seed: UInt64) throws -> SimulationOutcome {
    var first = try run(seed)
    let second = try run(seed)
    if first.traceDigest != second.traceDigest {
      first.violations.append(
        Violation("Determinism", "Two runs of the seed did different things."))
    }
    first.wasRepeated = true
    return first
  }

  /// Runs a seed, and again if its number is a multiple of `repeatEvery`.
  private func run(_ seed: UInt64, repeatEvery: UInt64) throws -> SimulationOutcome {
    seed.isMultiple(of: repeatEvery) ? try runTwice(seed) : try run(seed)
  }

  /// Runs seeds, some at a time, and hands each outcome over in the seeds' order. Stops some time
  /// after enough have failed. Seeds that are multiples of `repeatEvery` run twice.
  package func run(
    _ seeds: [UInt64], jobs: Int, failuresMax: Int, repeatEvery: UInt64 = 1,
    _ take: (SimulationOutcome) throws -> Void
  ) throws {
    var failureCount = 0
    let turnCount = jobs == 1 ? 1 : jobs * Self.seedsPerTurn
    for first in stride(from: 0, to: seeds.count, by: turnCount) {
      let turn = Array(seeds[first..<min(seeds.count, first + turnCount)])
      for outcome in try run(turn, jobs: jobs, repeatEvery: repeatEvery) {
        try take(outcome)
        if !outcome.violations.isEmpty { failureCount += 1 }
        if failureCount >= failuresMax { return }
      }
    }
  }

  /// Seeds that each thread runs between two looks at the results.
  private static let seedsPerTurn = 8

  private func run(
    _ seeds: [UInt64], jobs: Int, repeatEvery: UInt64
  ) throws -> [SimulationOutcome] {
    guard jobs > 1 else { return try seeds.map { try run($0, repeatEvery: repeatEvery) } }
    let state = Mutex((next: 0, outcomes: [Int: Result<SimulationOutcome, any Error>]()))
    DispatchQueue.concurrentPerform(iterations: jobs) { _ in
      while true {
        let index = state.withLock { state in
          defer { state.next += 1 }
          return state.next
        }
        guard index < seeds.count else { return }
        let outcome = Result { try run(seeds[index], repeatEvery: repeatEvery) }
        state.withLock { $0.outcomes[index] = outcome }
      }
    }
    return try state.withLock { state in
      try seeds.indices.compactMap { try state.outcomes[$0]?.get() }
    }
  }
}
