import Basics
import BranchStore
import Storage

/// A line that loses messages and doubles them, and agents that die while they sync.
struct RoughLine {
  private struct Death: Error {}

  var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  /// One sync, which may come to nothing.
  mutating func sync(_ branch: AgentBranch) throws {
    if generator.chance(100) {
      var left = Int.random(in: 1...12, using: &generator)
      branch.store.database.onStep = { _ in
        left -= 1
        if left == 0 { throw Death() }
      }
    }
    do {
      _ = try branch.sync { _, answer in
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<8: return nil
        case 8..<16:
          _ = answer()
          return nil
        case 16..<24:
          _ = answer()
          return answer()
        case 24..<27: throw Death()
        case 27..<30:
          _ = answer()
          throw Death()
        default: return answer()
        }
      }
      branch.store.database.onStep = nil
    } catch is Death {
      try branch.restart()
    }
  }
}
