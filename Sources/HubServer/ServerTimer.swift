internal import NIOCore
internal import NIOPosix

/// Measures the server's patience; tests bring one that moves when they say so.
package protocol ServerTimer: Sendable {
  /// Returns after that many milliseconds, or throws when the task is cancelled.
  func wait(milliseconds: Int64) async throws
}

/// Real time, as the event loops count it.
package struct SystemTimer: ServerTimer {
  package init() {}

  package func wait(milliseconds: Int64) async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.any()
    let alarm = loop.scheduleTask(in: .milliseconds(milliseconds)) {}
    try await withTaskCancellationHandler {
      try await alarm.futureResult.get()
    } onCancel: {
      alarm.cancel()
    }
  }
}
