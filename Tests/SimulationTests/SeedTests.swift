import Foundation
import TestSupport
import Testing

@testable import Simulation

struct SeedTests {
  private static let runner = SimulationRunner(folder: SimulationRunner.fastestFolder)
  /// What is drawn for seeds beside the tables that the world knows.
  private static let laterTables = ["counters", "references", "history"]
  /// As it was before there were any.
  private static let formerRunner = SimulationRunner(
    folder: SimulationRunner.fastestFolder, reduction: Reduction(faultsLeftOut: laterTables))

  /// Seeds that found something once, each with its story in `Fixtures/Seeds/seeds.txt`.
  private static let toldSeeds: [UInt64] =
    ((try? String(contentsOf: fixture("Seeds/seeds.txt"), encoding: .utf8)) ?? "")
    .split(separator: "\n").filter { !$0.hasPrefix("#") }
    .compactMap { $0.split(separator: " ").first.flatMap { UInt64($0) } }

  private func text(_ outcome: SimulationOutcome) -> Comment {
    Comment(rawValue: SimulationReport.text(of: outcome))
  }

  /// As they were then: without the faults that came later.
  @Test(arguments: toldSeeds)
  func aSeedThatFoundSomethingFindsNothingNow(seed: UInt64) throws {
    let runner = SimulationRunner(
      folder: SimulationRunner.fastestFolder,
      reduction: Reduction(
        faultsLeftOut: ["twin-hubs", "bit-rot", "locks"] + Self.laterTables))
    let outcome = try runner.runTwice(seed)
    #expect(outcome.violations.isEmpty, text(outcome))
  }

  /// A machine has a whole state without a row whose deletion is lost afterwards: what it writes
  /// there has seen what was deleted. It takes another program's lock to get there.
  @Test func whoHasAWholeStateHasInViewWhatIsGone() throws {
    let outcome = try Self.formerRunner.runTwice(502_212)
    #expect(outcome.violations.isEmpty, text(outcome))
  }

  /// The same bit turns at two machines, and both programs move the row to the same key: what they
  /// wrote there is the same, names neither, and is written all the same.
  @Test func whatTwoHaveMovedWithATurnedBitIsWritten() throws {
    let outcome = try Self.formerRunner.runTwice(610_191)
    #expect(outcome.violations.isEmpty, text(outcome))
  }

  /// A branch answers what waited for somebody to decide, and the hub is put back to before that
  /// and never hears it again: it waits everywhere.
  @Test func whatWasAnsweredIsAskedAgainEverywhere() throws {
    let outcome = try Self.runner.runTwice(800_801)
    #expect(outcome.violations.isEmpty, text(outcome))
  }

  @Test func thereAreToldSeeds() {
    #expect(!Self.toldSeeds.isEmpty)
  }

  @Test(arguments: UInt64(100)..<112)
  func aSeedKeepsEveryPromise(seed: UInt64) throws {
    let outcome = try Self.runner.runTwice(seed)
    #expect(outcome.violations.isEmpty, text(outcome))
  }

  @Test func aSeedIsItsOwnAndRepeatable() throws {
    let first = try Self.runner.run(5)
    #expect(try Self.runner.run(5).traceDigest == first.traceDigest)
    #expect(try Self.runner.run(6).traceDigest != first.traceDigest)
    #expect(first.eventCount > 50)
  }

  @Test func aTraceHasALineForEachThingThatHappened() throws {
    let runner = SimulationRunner(folder: SimulationRunner.fastestFolder, keepsTrace: true)
    let outcome = try runner.run(5)
    #expect(outcome.traceLines.count > outcome.eventCount / 2)
    #expect(outcome.traceLines.contains { $0.hasSuffix("no more faults") })
  }

  @Test func theReportSaysHowToRepeatAFailure() throws {
    var outcome = try Self.runner.run(5)
    outcome.violations = [Violation("Convergence", "Two things differ.")]
    var report = SimulationReport()
    report.add(outcome)
    let text = SimulationReport.text(of: report.failures[0])
    #expect(text.contains("tributary-simulate engines --seed 5 --trace"))
    #expect(text.contains("Two things differ."))
    #expect(report.text(seconds: 2).contains("1800 seeds per hour"))
  }
}
