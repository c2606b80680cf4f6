import Foundation
import Testing

@testable import Simulation

struct ReductionTests {
  @Test func selectionsAreReadAndWritten() throws {
    let selection = try #require(EventSelection("12,30-44"))
    #expect(selection.contains(12) && selection.contains(44) && !selection.contains(13))
    #expect(selection.description == "12,30-44")
    #expect(selection.adding(13...29).description == "12-44")
    for text in ["", "a", "4-2", "1-2-3", "1,,2"] { #expect(EventSelection(text) == nil) }
  }

  /// Each fault alone keeps every promise; so each is seen to work without others to hide behind.
  @Test(arguments: SimulationPlan.faultNames)
  func aFaultAloneKeepsEveryPromise(name: String) throws {
    let others = SimulationPlan.faultNames.filter { $0 != name }
    let runner = SimulationRunner(
      folder: SimulationRunner.fastestFolder, reduction: Reduction(faultsLeftOut: others))
    for seed in UInt64(1)...3 {
      let outcome = try runner.run(seed)
      #expect(
        outcome.violations.isEmpty, Comment(rawValue: SimulationReport.text(of: outcome)))
    }
  }

  /// With a hub whose rows somebody changes there is always something to find, whatever is left
  /// out.
  @Test func whatAFailureDoesNotNeedIsLeftOut() throws {
    let runner = SimulationRunner(folder: SimulationRunner.fastestFolder, breaksHubAt: 60)
    let failure = try runner.run(1)
    #expect(!failure.violations.isEmpty)
    let shrunk = try Shrinker(runner).shrink(failure)
    #expect(shrunk.outcome.violations.first?.checker == failure.violations.first?.checker)
    #expect(shrunk.reduction.faultsLeftOut.count > 10)
    #expect(!shrunk.reduction.eventsLeftOut.isEmpty)
    let text = SimulationReport.text(of: shrunk)
    #expect(text.contains("--without") && text.contains("--skip-events"))
  }

  @Test func severalAtATimeComeToTheSame() throws {
    let runner = SimulationRunner(folder: SimulationRunner.fastestFolder)
    func digests(jobs: Int) throws -> [UInt64] {
      var result: [UInt64] = []
      try runner.run([1, 2, 3, 4], jobs: jobs, failuresMax: 5) { result.append($0.traceDigest) }
      return result
    }
    #expect(try digests(jobs: 1) == digests(jobs: 2))
  }
}
