internal import Sessions

/// What the hub's server lets strangers and devices take of it.
package struct HubServerLimits: Hashable, Sendable {
  /// Open connections; more wait in the system's queue.
  package var connectionsMax = 2_000
  /// Requests whose body is being read or that wait for the engine. Each holds a body in memory.
  package var requestsWaitingMax = 24
  /// The same for devices that want to enrol. They are strangers, and get their own few places.
  package var enrolmentsWaitingMax = 8
  /// How many of `requestsWaitingMax` one branch may have: it asks one thing after the other, and
  /// a broken connection may leave one behind.
  package var requestsWaitingPerBranchMax = 2
  /// Devices whose refusal is remembered.
  package static let refusedDevicesMax = 10_000
  /// Requests that wait for news, of all branches.
  package var newsWaitersMax = 4_000
  /// Of one branch; one more ends the oldest.
  package var newsWaitersPerBranchMax = 2
  /// How long a request for news is held, in milliseconds.
  package var newsPatienceMilliseconds: Int64
  /// One request's body, in bytes.
  package var bodyBytesMax: Int
  /// A request to enrol, in bytes: a secret and a PKCS #10.
  package var enrolBodyBytesMax = 1 << 14
  /// One request of a token's holder before enrolling, in bytes: a secret and buckets to compare.
  package var previewBodyBytesMax = 1 << 18
  package var headerFieldBytesMax = 8 << 10
  package var headerListBytesMax = 16 << 10
  package var headerFieldsMax = 64
  /// From an accepted connection to its first request's last header, TLS handshake included.
  package var openMillisecondsMax: Int64 = 15_000
  /// From a request's headers to its body's end.
  package var readMillisecondsMax: Int64 = 120_000
  /// From an answer's first byte to the moment the system has taken its last.
  package var answerMillisecondsMax: Int64 = 120_000
  /// What still arrives of a request that has been answered already is read this long.
  package var drainMillisecondsMax: Int64 = 5_000
  /// Between two requests on one connection.
  package var idleMillisecondsMax: Int64 = 75_000
  /// How long a stopping server waits for requests in flight before it cuts their connections.
  package var stopMillisecondsMax: Int64 = 20_000
  /// What a device that was turned away for lack of places is told to wait, in seconds.
  package var retryAfterSeconds = 2
  /// How often a running server looks whether its certificate must be renewed, in milliseconds.
  package var renewalCheckMilliseconds: Int64 = 86_400_000
  /// How often a running server looks whether there is something to prune, in milliseconds, …
  package var tendMilliseconds: Int64 = 5_000
  /// … and how long it leaves between two steps of that, so that requests come first.
  package var tendAgainMilliseconds: Int64 = 20

  package init(
    newsPatienceMilliseconds: Int64 = Int64(SessionLimits.newsPatienceMilliseconds),
    bodyBytesMax: Int = SessionLimits.bodyBytesMax
  ) {
    self.newsPatienceMilliseconds = newsPatienceMilliseconds
    self.bodyBytesMax = bodyBytesMax
  }
}
