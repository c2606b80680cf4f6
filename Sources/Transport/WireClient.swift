internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import Sessions

/// Whole HTTP requests over HTTP/1.1 and TLS 1.3, each answer within limits, each failure named.
///
/// No proxy, whatever the environment says; no redirect is followed; nothing is decompressed.
final class WireClient: Sendable {
  struct Answer: Sendable {
    var status: Int
    var contentType: String?
    var body: [UInt8]

    /// What came, for people: “text/html, 200”.
    var summary: String {
      "\(HubInterface.mediaType(of: contentType) ?? "no content type"), \(status)"
    }
  }

  enum Trust {
    /// Only certificates of this authority, PEM.
    case authority(pem: String)
    /// Anybody: for fetching what is compared with a fingerprint afterwards.
    case anybody
  }

  let url: HubURL
  private let client: HTTPClient

  init(
    url: HubURL, trust: Trust, device: DeviceIdentity?, timeouts: HubTimeouts
  ) throws(CredentialError) {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv13
    switch trust {
    case .authority(let pem):
      tls.trustRoots = .certificates(try Self.certificates(pem, what: "The CA's certificate"))
      tls.certificateVerification = .fullVerification
    case .anybody:
      tls.certificateVerification = .none
    }
    if let device {
      let chain = try Self.certificates(
        device.certificatePEM, what: "The device's certificate")
      tls.certificateChain = chain.map { .certificate($0) }
      guard let key = try? NIOSSLPrivateKey(bytes: Array(device.keyPEM.utf8), format: .pem) else {
        throw .malformed(what: "The device's key", why: "it is no key in PEM")
      }
      tls.privateKey = .privateKey(key)
    }
    var configuration = HTTPClient.Configuration(
      tlsConfiguration: tls, redirectConfiguration: .disallow,
      timeout: .init(
        connect: .milliseconds(timeouts.connectMilliseconds),
        read: .milliseconds(timeouts.readMilliseconds),
        write: .milliseconds(timeouts.readMilliseconds)),
      proxy: nil, decompression: .disabled)
    configuration.httpVersion = .http1Only
    configuration.connectionPool.idleTimeout = .milliseconds(TransportLimits.idleMillisecondsMax)
    configuration.connectionPool.retryConnectionEstablishment = false
    self.url = url
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  deinit {
    // Already closed is what it should be; then this does nothing.
    client.shutdown { _ in }
  }

  func close() async {
    // The only failure is that it is closed already.
    try? await client.shutdown()
  }

  /// One request and its whole answer. A body larger than the limit is not read to its end.
  func exchange(
    _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil,
    bodyBytesMax: Int = SessionLimits.bodyBytesMax
  ) async throws(TransportError) -> Answer {
    var request = HTTPClientRequest(url: url.description + path)
    request.method = method
    request.headers.add(name: "user-agent", value: "tributary")
    if let body {
      request.headers.add(name: "content-type", value: HubInterface.contentType)
      request.headers.add(name: "accept", value: HubInterface.contentType)
      request.body = .bytes(ByteBuffer(bytes: body))
    }
    do {
      let response = try await client.execute(
        request, timeout: .milliseconds(TransportLimits.requestMillisecondsMax))
      return Answer(
        status: Int(response.status.code),
        contentType: response.headers.first(name: "content-type"),
        body: try await Self.collect(response, bytesMax: bodyBytesMax))
    } catch {
      throw FailureClassification.classify(error, url: url)
    }
  }

  private static func collect(
    _ response: HTTPClientResponse, bytesMax: Int
  ) async throws -> [UInt8] {
    if let declared = response.headers.first(name: "content-length").flatMap({ Int($0) }),
      declared > bytesMax
    {
      throw TransportError.tooLarge(bytesMax: bytesMax)
    }
    var body: [UInt8] = []
    for try await part in response.body {
      guard body.count + part.readableBytes <= bytesMax else {
        throw TransportError.tooLarge(bytesMax: bytesMax)
      }
      body.append(contentsOf: part.readableBytesView)
    }
    return body
  }

  private static func certificates(
    _ pem: String, what: String
  ) throws(CredentialError) -> [NIOSSLCertificate] {
    guard let certificates = try? NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)),
      !certificates.isEmpty
    else { throw .malformed(what: what, why: "it is no certificate in PEM") }
    return certificates
  }
}
