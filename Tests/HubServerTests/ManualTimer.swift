import HubServer
import Synchronization

/// A timer whose time stands still until a test moves it.
final class ManualTimer: ServerTimer {
  private struct Waiter {
    let id: Int
    let deadline: Int64
    let continuation: CheckedContinuation<Void, any Error>
  }

  private struct State {
    var now: Int64 = 0
    var nextID = 0
    var waiters: [Waiter] = []
    var cancelled: Set<Int> = []
  }

  private let state = Mutex(State())

  var waiterCount: Int { state.withLock { $0.waiters.count } }

  /// Whether somebody waits for just so long from now.
  func isWaited(milliseconds: Int64) -> Bool {
    state.withLock { state in
      state.waiters.contains { $0.deadline == state.now + milliseconds }
    }
  }

  func wait(milliseconds: Int64) async throws {
    let (id, deadline) = state.withLock { state in
      state.nextID += 1
      return (state.nextID, state.now + milliseconds)
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let result: Result<Void, any Error>? = state.withLock { state in
          if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
          if deadline <= state.now { return .success(()) }
          state.waiters.append(Waiter(id: id, deadline: deadline, continuation: continuation))
          return nil
        }
        if let result { continuation.resume(with: result) }
      }
    } onCancel: {
      let waiter = state.withLock { state -> Waiter? in
        guard let index = state.waiters.firstIndex(where: { $0.id == id }) else {
          state.cancelled.insert(id)
          return nil
        }
        return state.waiters.remove(at: index)
      }
      waiter?.continuation.resume(throwing: CancellationError())
    }
  }

  /// Moves time on and wakes whose time has come.
  func advance(milliseconds: Int64) {
    let due = state.withLock { state in
      state.now += milliseconds
      let due = state.waiters.filter { $0.deadline <= state.now }
      state.waiters.removeAll { $0.deadline <= state.now }
      return due
    }
    for waiter in due { waiter.continuation.resume() }
  }
}

/// Lets other tasks run until something is so.
func until(_ condition: () async -> Bool) async {
  while !(await condition()) { await Task.yield() }
}
