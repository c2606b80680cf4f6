import Basics
import Deltas
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
    #expect(Self.cases.count >= 80)
  }

  @Test(arguments: cases)
  func theCoreDecidesAsWritten(name: String) throws {
    let text = try String(contentsOf: fixture("Merges/\(name)"), encoding: .utf8)
    let fixture = try MergeFixture(text)
    let (state, conflicts) = Self.merged(fixture.world)
    #expect(fixture.shown(state) == fixture.stands)
    #expect(fixture.shown(conflicts) == fixture.kept)
    #expect(conflicts.last?.explanation.sentence == fixture.why)
    #expect(conflicts.contains { $0.state == .open } == fixture.waits)

    var generator = SeededGenerator(seed: 1)
    for _ in 0..<10 {
      let order = fixture.world.history.indices.shuffled(using: &generator)
      #expect(fixture.shown(fixture.world.state(order)) == fixture.stands)
    }
  }

  /// The hub gets everything as late as it can: whoever came first comes last. On the way there
  /// something else may have been overruled too.
  @Test(arguments: cases)
  func theCoreDecidesAlikeWhoeverComesFirst(name: String) throws {
    let text = try String(contentsOf: fixture("Merges/\(name)"), encoding: .utf8)
    let fixture = try MergeFixture(text)
    // Of two rows from before, the hub's first stands.
    guard fixture.world.history.count(where: { $0.version.milliseconds == nil }) < 2 else { return }
    let (state, conflicts) = Self.merged(fixture.world.inReverse())
    #expect(fixture.shown(state) == fixture.stands)
    #expect(Set(fixture.shown(conflicts)).isSuperset(of: fixture.kept))
    #expect(conflicts.contains { $0.state == .open } == fixture.waits)
  }

  private static func merged(_ world: RuleWorld) -> (RowState, [MergeConflict]) {
    var state = RowState()
    var conflicts: [MergeConflict] = []
    for index in world.history.indices {
      conflicts += world.merge(index, into: &state).conflicts
    }
    return (state, conflicts)
  }
}
