internal import Glibc
internal import Synchronization

/// The demo's processes, so that an interruption ends them. The story then comes to its next step,
/// which fails, and tidies up.
final class DemoProcesses: Sendable {
  private struct State {
    var running: Set<pid_t> = []
    var isInterrupted = false
  }

  private let state = Mutex(State())

  var isInterrupted: Bool { state.withLock { $0.isInterrupted } }

  func began(_ processID: pid_t) {
    let isInterrupted = state.withLock { state in
      state.running.insert(processID)
      return state.isInterrupted
    }
    if isInterrupted { kill(processID, SIGKILL) }
  }

  func ended(_ processID: pid_t) { state.withLock { _ = $0.running.remove(processID) } }

  /// For the thread that hears the signal.
  func interrupt() {
    let running = state.withLock { state in
      state.isInterrupted = true
      return state.running
    }
    for processID in running { kill(processID, SIGKILL) }
  }
}
