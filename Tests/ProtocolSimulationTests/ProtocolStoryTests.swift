import ProtocolSimulation
import Testing

/// Histories that failed once, written down: they stay what they are when the draws of a seed
/// change. Each fails again with the planted bug that undoes what was mended.
@Suite struct ProtocolStoryTests {
  @Test(arguments: HistoryStory.all.map(\.name))
  func isMended(_ name: String) throws {
    let story = try #require(HistoryStory.all.first { $0.name == name })
    let outcome = ProtocolRunner.run(
      seed: 0, keepsTrace: true, options: story.options, events: story.events)
    #expect(outcome.violations.isEmpty, "\(outcome.traceLines.joined(separator: "\n"))")
    let planted = ProtocolRunner.run(
      seed: 0, mutant: story.mutant, keepsTrace: true, options: story.options,
      events: story.events)
    #expect(!planted.violations.isEmpty, "\(planted.traceLines.joined(separator: "\n"))")
  }
}
