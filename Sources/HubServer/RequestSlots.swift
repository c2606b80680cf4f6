internal import Clocks
internal import Synchronization

/// A number of places for requests; who finds none is turned away instead of waiting in memory.
final class RequestSlots: Sendable {
  private struct State {
    var free: Int
    /// Only of branches that have some.
    var taken: [ReplicaID: Int] = [:]
  }

  private let state: Mutex<State>
  private let perBranchMax: Int

  /// `perBranchMax` bounds how many of the places one branch may have.
  init(_ count: Int, perBranchMax: Int = .max) {
    state = Mutex(State(free: count))
    self.perBranchMax = perBranchMax
  }

  /// Runs `body` in a place, or returns nil at once if there is none for this branch; nil stands
  /// for a stranger.
  func occupy<Result: Sendable>(
    for branch: ReplicaID? = nil, _ body: () async throws -> Result
  ) async rethrows -> Result? {
    guard take(for: branch) else { return nil }
    defer { giveBack(of: branch) }
    return try await body()
  }

  private func take(for branch: ReplicaID?) -> Bool {
    state.withLock { state in
      guard state.free > 0 else { return false }
      if let branch {
        let taken = state.taken[branch] ?? 0
        guard taken < perBranchMax else { return false }
        state.taken[branch] = taken + 1
      }
      state.free -= 1
      return true
    }
  }

  private func giveBack(of branch: ReplicaID?) {
    state.withLock { state in
      state.free += 1
      guard let branch, let taken = state.taken[branch] else { return }
      state.taken[branch] = taken > 1 ? taken - 1 : nil
    }
  }
}
