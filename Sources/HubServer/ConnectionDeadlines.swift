/// What a connection is doing, as a value, and how long it may: nobody slow holds a connection.
struct ConnectionDeadlines {
  enum Event: Hashable, Sendable {
    case requestStarted
    case requestEnded
    case answerStarted
    /// The system has taken the last byte.
    case answerEnded
  }

  enum Phase: Hashable, Sendable {
    /// Handshake and first request's headers.
    case opening
    case reading
    /// The hub's turn: no deadline for the client.
    case working
    case answering
    /// Answered before the request was all there.
    case draining
    case idle
  }

  private(set) var phase = Phase.opening
  private var requestsStarted = 0
  private var requestsEnded = 0
  private var answersEnded = 0
  private var isAnswering = false

  /// Whether the phase, and with it the deadline, is another one now.
  mutating func handle(_ event: Event) -> Bool {
    switch event {
    case .requestStarted: requestsStarted += 1
    case .requestEnded: requestsEnded += 1
    case .answerStarted: isAnswering = true
    case .answerEnded:
      isAnswering = false
      answersEnded += 1
    }
    let next = nextPhase
    // A second request behind the first one begins its own reading.
    guard next != phase || (next == .reading && event == .requestStarted) else { return false }
    phase = next
    return true
  }

  private var nextPhase: Phase {
    if isAnswering { return .answering }
    if answersEnded < requestsStarted {
      return requestsEnded > answersEnded ? .working : .reading
    }
    return requestsEnded < requestsStarted ? .draining : .idle
  }

  /// How long the phase may last, in milliseconds; nil while the hub works.
  func milliseconds(_ limits: HubServerLimits) -> Int64? {
    switch phase {
    case .opening: limits.openMillisecondsMax
    case .reading: limits.readMillisecondsMax
    case .working: nil
    case .answering: limits.answerMillisecondsMax
    case .draining: limits.drainMillisecondsMax
    case .idle: limits.idleMillisecondsMax
    }
  }
}
