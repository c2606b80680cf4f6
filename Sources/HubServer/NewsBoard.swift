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
  private var postCount: UInt64 = 0
  /// Which post `latest` came with.
  private var latestPost: UInt64 = 0
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
    postCount += 1
    if let latest, latest.generation == news.generation, latest.head >= news.head { return }
    latest = news
    latestPost = postCount
    resume(.news(news)) { $0.position < news.head }
  }

  /// What to take before the head is looked at, and to bring along when news are waited for.
  var ticket: UInt64 { postCount }

  /// Returns as soon as the head is after `position`, or patience is over.
  ///
  /// Whoever calls has seen that the head was `position`, after it took the ticket. News posted
  /// since then are not missed, because they are remembered here; older ones are none: the head may
  /// have been further on before the hub was restored.
  func wait(
    after position: LogPosition, since ticket: UInt64, by replica: ReplicaID,
    patienceMilliseconds: Int64
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
            number: number, replica: replica, position: position, continuation: continuation),
          since: ticket)
      }
      group.cancelAll()
      return outcome
    }
  }

  private func register(_ waiter: Waiter, since ticket: UInt64) {
    if let latest, latestPost > ticket, latest.head > waiter.position {
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
