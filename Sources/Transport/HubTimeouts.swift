/// How long a branch waits for its hub, in milliseconds.
package struct HubTimeouts: Hashable, Sendable {
  /// Until the connection and its TLS handshake are done.
  package var connectMilliseconds: Int64
  /// Silence in the middle of a request or answer.
  package var readMilliseconds: Int64

  package init(
    connectMilliseconds: Int64 = TransportLimits.connectMillisecondsMax,
    readMilliseconds: Int64 = TransportLimits.readMillisecondsMax
  ) {
    self.connectMilliseconds = connectMilliseconds
    self.readMilliseconds = readMilliseconds
  }
}
