internal import Synchronization

/// A number of places for requests; who finds none is turned away instead of waiting in memory.
final class RequestSlots: Sendable {
  private let free: Mutex<Int>

  init(_ count: Int) { free = Mutex(count) }

  /// Runs `body` in a place, or returns nil at once if there is none.
  func occupy<Result: Sendable>(
    _ body: () async throws -> Result
  ) async rethrows -> Result? {
    let taken = free.withLock { free in
      guard free > 0 else { return false }
      free -= 1
      return true
    }
    guard taken else { return nil }
    defer { free.withLock { $0 += 1 } }
    return try await body()
  }
}
