internal import NIOHTTP1
package import Sessions

/// What the holder of a token may ask of the hub before using it up: its schema, and how its rows
/// compare with those of a database. Changes nothing at the hub.
package final class HubPreview: Sendable {
  private let wire: WireClient
  private let secret: [UInt8]

  /// Makes sure that the hub is the token's, as enrolling does.
  ///
  /// Throws `TransportError` and `CredentialError`.
  package init(_ token: Token, timeouts: HubTimeouts = HubTimeouts()) async throws {
    let authorityPEM = try await HubEnrolment.fetchAuthority(of: token, timeouts: timeouts)
    wire = try WireClient(
      url: token.url, trust: .authority(pem: authorityPEM), device: nil, timeouts: timeouts)
    secret = token.secret
  }

  /// Sends `describe`, `compare` or `fetchRows`; the hub refuses everything else, and a token that
  /// could not be used.
  package func send(_ request: HubRequest) async throws(TransportError) -> HubResponse {
    let answer = try await wire.exchange(
      .POST, HubInterface.previewPath, body: secret + request.encoded)
    return try decode(answer)
  }

  package func close() async { await wire.close() }
}
