internal import Deltas
internal import NIOHTTP1
package import Sessions

/// A branch's line to its hub: mutual TLS 1.3 with nobody but that hub, kept open between requests.
///
/// Safe to use from several tasks: a request for news waits on a connection of its own.
package final class HubConnection: Sendable {
  private let wire: WireClient

  package var url: HubURL { wire.url }

  /// Connects nothing yet. Throws if the identity's files are not what they should be.
  package init(
    url: HubURL, identity: DeviceIdentity, timeouts: HubTimeouts = HubTimeouts()
  ) throws(CredentialError) {
    wire = try WireClient(
      url: url, trust: .authority(pem: identity.authorityPEM), device: identity,
      timeouts: timeouts)
  }

  /// Sends a request and returns the hub's answer, which may be a refusal, with the sizes of both
  /// bodies. Sending the same request again is always safe.
  package func send(
    _ request: HubRequest
  ) async throws(TransportError) -> (
    response: HubResponse, requestBytes: Int, responseBytes: Int
  ) {
    let body = request.encoded
    let answer = try await wire.exchange(.POST, HubInterface.syncPath, body: body)
    return (try decode(answer), body.count, answer.body.count)
  }

  /// Closes the connections. Requests in flight end as unreachable.
  package func close() async { await wire.close() }
}

/// Reads an answer of the hub in our own format; says what came if it is anything else.
func decode(_ answer: WireClient.Answer) throws(TransportError) -> HubResponse {
  guard HubInterface.isOurs(contentType: answer.contentType) else {
    throw .notATributaryHub("it answered with \(answer.summary)")
  }
  do throws(DeltaDecodingError) {
    return try HubResponse(encoded: answer.body)
  } catch {
    let what = "it answered with \(answer.summary), which cannot be read"
    if case .unsupportedFormat = error { throw .notATributaryHub(what) }
    throw .damaged(what)
  }
}
