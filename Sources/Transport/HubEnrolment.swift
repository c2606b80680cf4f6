internal import Basics
internal import NIOHTTP1
package import Sessions

/// How a device becomes a branch's: with a token, once.
package enum HubEnrolment {
  /// What a device has after enrolling.
  package struct Outcome: Sendable {
    /// To be saved in the device's folder.
    package let identity: DeviceIdentity
    package let answer: EnrolResponse
  }

  /// Redeems a token: makes sure that the hub is the token's, and lets it sign this device's key.
  ///
  /// The CA's certificate is fetched from whoever answers, and believed only if its fingerprint is
  /// the token's; the secret is sent over a second connection that only that CA's server can be
  /// the other end of. Repeating it with the same key and token after a lost answer is safe.
  ///
  /// Throws `TransportError`, whose case `refused` says why a token is not good, and
  /// `CredentialError`.
  package static func enrol(
    _ token: Token, key: DeviceKey, timeouts: HubTimeouts = HubTimeouts()
  ) async throws -> Outcome {
    let authorityPEM = try await fetchAuthority(of: token, timeouts: timeouts)
    let wire = try WireClient(
      url: token.url, trust: .authority(pem: authorityPEM), device: nil, timeouts: timeouts)
    let answer = try await redeem(token, request: try key.certificateRequest(), over: wire)
    await wire.close()
    let identity: DeviceIdentity
    do {
      identity = try DeviceIdentity(
        key: key, certificateDER: answer.certificate, authorityPEM: authorityPEM)
    } catch {
      throw TransportError.notATributaryHub("it issued a certificate for another device's key")
    }
    return Outcome(identity: identity, answer: answer)
  }

  static func fetchAuthority(
    of token: Token, timeouts: HubTimeouts
  ) async throws -> String {
    let wire = try WireClient(url: token.url, trust: .anybody, device: nil, timeouts: timeouts)
    let answer = try await wire.exchange(
      .GET, HubInterface.authorityPath, bodyBytesMax: TransportLimits.credentialFileBytesMax)
    await wire.close()
    guard answer.status == 200,
      HubInterface.mediaType(of: answer.contentType) == HubInterface.authorityContentType,
      let pem = String(validating: answer.body, as: UTF8.self),
      let facts = try? CertificateFacts(pem: pem)
    else { throw TransportError.notATributaryHub("it answered with \(answer.summary)") }
    guard facts.fingerprint == token.authorityFingerprint else {
      throw TransportError.untrusted(
        "its CA has the fingerprint \(facts.fingerprint.shortDescription)…, the token says"
          + " \(token.authorityFingerprint.shortDescription)…")
    }
    return pem
  }

  private static func redeem(
    _ token: Token, request: [UInt8], over wire: WireClient
  ) async throws -> EnrolResponse {
    let body = EnrolRequest(tokenSecret: token.secret, certificateRequest: request).encoded
    let answer = try await wire.exchange(.POST, HubInterface.enrolPath, body: body)
    if answer.status == 200, HubInterface.isOurs(contentType: answer.contentType),
      let response = try? EnrolResponse(encoded: answer.body)
    {
      return response
    }
    guard case .refused(let refusal) = try decode(answer) else {
      throw TransportError.notATributaryHub(
        "it answered with \(answer.summary), which is no answer to a token")
    }
    throw TransportError.refused(refusal)
  }
}
