internal import Clocks

/// Where the log's head is announced, and where requests for news wait for it.
actor NewsBoard {
  struct News: Hashable, Sendable {
    var generation: GenerationID
    var head: LogPosition
  }

  enum Outcome: Hashable, Sendable {
    case news(News)
    /// Patience is over, the server stops, or a newer request of the same branch came.
    case none
    /// There are too many waiting already.
    case full
  }

  private struct Waiter {
    let number: UInt64
    let replica: ReplicaID
    let position: LogPosition
    let continuation: CheckedContinuation<Outcome, Never>
  }

  private let waitersMax: Int
  private let waitersPerBranchMax: Int
  private let timer: any ServerTimer
  /// In the order of their numbers.
  private var waiters: [Waiter] = []
  private var latest: News?
  private var nextNumber: UInt64 = 0
  private var isClosed = false

  init(waitersMax: Int, waitersPerBranchMax: Int, timer: any ServerTimer) {
    self.waitersMax = waitersMax
    self.waitersPerBranchMax = waitersPerBranchMax
    self.timer = timer
  }

  var waiterCount: Int { waiters.count }

  /// Tells everybody who waits for something after a position before this one.
  func post(_ news: News) {
    if let latest, latest.generation == news.generation, latest.head >= news.head { return }
    latest = news
    resume(.news(news)) { $0.position < news.head }
  }

  /// Returns as soon as the head is after `position`, or patience is over.
  ///
  /// Whoever calls has seen that the head was not after `position`; news posted since then are not
  /// missed, because they are remembered here.
  func wait(
    after position: LogPosition, by replica: ReplicaID, patienceMilliseconds: Int64
  ) async -> Outcome {
    let number = nextNumber
    nextNumber += 1
    return await withTaskGroup(of: Void.self) { group in
      group.addTask { [timer] in
        // Ends early only by cancellation, when the waiter has been answered.
        try? await timer.wait(milliseconds: patienceMilliseconds)
        await self.giveUp(number)
      }
      let outcome = await withCheckedContinuation { continuation in
        register(
          Waiter(
            number: number, replica: replica, position: position, continuation: continuation))
      }
      group.cancelAll()
      return outcome
    }
  }

  private func register(_ waiter: Waiter) {
    if let latest, latest.head > waiter.position {
      waiter.continuation.resume(returning: .news(latest))
      return
    }
    if isClosed {
      waiter.continuation.resume(returning: .none)
      return
    }
    let own = waiters.filter { $0.replica == waiter.replica }
    if own.count >= waitersPerBranchMax, let oldest = own.first {
      resume(.none) { $0.number == oldest.number }
    }
    if waiters.count < waitersMax {
      waiters.append(waiter)
    } else {
      waiter.continuation.resume(returning: .full)
    }
  }

  /// Lets everybody go, now and from now on: the server stops.
  func close() {
    isClosed = true
    resume(.none) { _ in true }
  }

  private func giveUp(_ number: UInt64) { resume(.none) { $0.number == number } }

  private func resume(_ outcome: Outcome, where isMeant: (Waiter) -> Bool) {
    let meant = waiters.filter(isMeant)
    waiters.removeAll(where: isMeant)
    for waiter in meant { waiter.continuation.resume(returning: outcome) }
  }
}
