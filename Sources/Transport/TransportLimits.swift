/// What the wire and its credentials may measure.
package enum TransportLimits {
  /// From the first packet to a finished TLS handshake.
  package static let connectMillisecondsMax: Int64 = 10_000
  /// Silence on an open request. Above the hub's patience for news, with room for its work.
  package static let readMillisecondsMax: Int64 = 120_000
  /// One request with its answer, all of it: a slow line may need minutes for a large piece.
  package static let requestMillisecondsMax: Int64 = 900_000
  /// An unused connection is kept this long: less than the hub keeps it, so that a request is
  /// never sent into a connection that the hub is closing.
  package static let idleMillisecondsMax: Int64 = 50_000
  /// The hub's URL inside a token.
  package static let urlBytesMax = 1 << 10
  /// A token as text.
  package static let tokenTextBytesMax = 1 << 11
  /// One certificate, or one request for a certificate, in DER.
  package static let certificateBytesMax = 1 << 13
  /// One file of keys or certificates, in PEM.
  package static let credentialFileBytesMax = 1 << 16
  /// The names that a server certificate carries.
  package static let hostNamesMax = 64
}
