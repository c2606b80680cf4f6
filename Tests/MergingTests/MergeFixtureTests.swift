import Basics
import Foundation
import TestSupport
import Testing

@testable import Merging

/// Every case of `Fixtures/Merges`, through the merge core.
struct MergeFixtureTests {
  private static let cases: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: fixture("Merges").path)) ?? [])
    .filter { $0.hasSuffix(".txt") }.sorted()

  @Test func thereAreCases() {
    #expect(Self.cases.count >= 15)
  }

  @Test(arguments: cases)
  func theCoreDecidesAsWritten(name: String) throws {
    let text = try String(contentsOf: fixture("Merges/\(name)"), encoding: .utf8)
    let fixture = try MergeFixture(text)
    var state = RowState()
    var conflicts: [MergeConflict] = []
    for index in fixture.world.history.indices {
      conflicts += fixture.world.merge(index, into: &state).conflicts
    }
    #expect(fixture.shown(state) == fixture.stands)
    #expect(fixture.shown(conflicts) == fixture.kept)
    #expect(conflicts.last?.explanation.sentence == fixture.why)

    var generator = SeededGenerator(seed: 1)
    for _ in 0..<10 {
      let order = fixture.world.history.indices.shuffled(using: &generator)
      #expect(fixture.shown(fixture.world.state(order)) == fixture.stands)
    }
  }
}
