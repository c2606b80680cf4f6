import Clocks
import NIOSSL
import Sessions
import Testing
import Transport

private let noon = WallClock.systemMilliseconds()
private let generation = GenerationID(high: 1, low: 2)
private let html = Array("<html><body>Please sign in</body></html>".utf8)
private let news = HubResponse.news(generation: generation, head: LogPosition(7))

@Suite(.timeLimit(.minutes(1))) struct HubConnectionTests {
  private let authority: CertificateAuthority
  private let identity: DeviceIdentity
  private let tls: TLSConfiguration

  init() throws {
    authority = try CertificateAuthority.make(generation: generation, wallMilliseconds: noon)
    identity = try Self.identity(authority)
    tls = try CannedServer.tls(
      try authority.issueServerCertificate(
        hostNames: ["localhost", "127.0.0.1"], wallMilliseconds: noon))
  }

  private static func identity(_ authority: CertificateAuthority) throws -> DeviceIdentity {
    let key = DeviceKey()
    let issued = try authority.issueDeviceCertificate(
      for: try DeviceRequest(der: try key.certificateRequest()), generation: generation,
      replica: ReplicaID(3), wallMilliseconds: noon)
    return try DeviceIdentity(
      key: key, certificateDER: issued.der, authorityPEM: authority.certificatePEM)
  }

  private func ask(
    _ behaviour: CannedServer.Behaviour, tls: TLSConfiguration?, host: String = "127.0.0.1",
    timeouts: HubTimeouts = HubTimeouts()
  ) async throws -> Result<HubResponse, TransportError> {
    let server = try await CannedServer(behaviour, tls: tls)
    let result = try await ask(try server.url(host: host), timeouts: timeouts)
    try await server.stop()
    return result
  }

  private func ask(
    _ url: HubURL, timeouts: HubTimeouts = HubTimeouts()
  ) async throws -> Result<HubResponse, TransportError> {
    let connection = try HubConnection(url: url, identity: identity, timeouts: timeouts)
    let result: Result<HubResponse, TransportError>
    do throws(TransportError) {
      result = .success(try await connection.send(.describe).response)
    } catch {
      result = .failure(error)
    }
    await connection.close()
    return result
  }

  @Test(arguments: ["127.0.0.1", "localhost"])
  func aHubAnswersUnderEachOfItsNames(_ host: String) async throws {
    let behaviour = CannedServer.http("200 OK", type: HubInterface.contentType, news.encoded)
    #expect(try await ask(behaviour, tls: tls, host: host) == .success(news))
  }

  @Test func aRefusalIsAnAnswerWhateverItsStatus() async throws {
    let refusal = HubResponse.refused(Refusal(code: .revoked, message: "No."))
    let behaviour = CannedServer.http(
      "403 Forbidden", type: HubInterface.contentType + "; v=1", refusal.encoded)
    #expect(try await ask(behaviour, tls: tls) == .success(refusal))
  }

  @Test func oneConnectionServesManyRequests() async throws {
    let server = try await CannedServer(
      CannedServer.http("200 OK", type: HubInterface.contentType, news.encoded), tls: tls)
    let connection = try HubConnection(url: try server.url, identity: identity)
    for _ in 0..<5 {
      let answer = try await connection.send(.describe)
      #expect(answer.response == news)
      #expect(answer.requestBytes == HubRequest.describe.encoded.count)
      #expect(answer.responseBytes == news.encoded.count)
    }
    #expect(server.answerCount == 5)
    #expect(server.connectionCount == 1)
    await connection.close()
    await #expect(throws: TransportError.unreachable("the attempt was stopped")) {
      try await connection.send(.describe)
    }
    try await server.stop()
  }

  @Test func aConnectionThatIsNotClosedIsNoCrash() async throws {
    let server = try await CannedServer(
      CannedServer.http("200 OK", type: HubInterface.contentType, news.encoded), tls: tls)
    for _ in 0..<3 {
      let connection = try HubConnection(url: try server.url, identity: identity)
      _ = try await connection.send(.describe)
    }
    try await server.stop()
  }

  @Test func htmlIsNamed() async throws {
    let portal = CannedServer.http("200 OK", type: "text/html; charset=utf-8", html)
    #expect(
      try await ask(portal, tls: tls)
        == .failure(.notATributaryHub("it answered with text/html, 200")))
    let bare = CannedServer.http("502 Bad Gateway", type: nil, [])
    #expect(
      try await ask(bare, tls: tls)
        == .failure(.notATributaryHub("it answered with no content type, 502")))
  }

  @Test func redirectsAreNotFollowed() async throws {
    let elsewhere = try await CannedServer(
      CannedServer.http("200 OK", type: HubInterface.contentType, news.encoded), tls: tls)
    let redirect = CannedServer.http(
      "302 Found", type: "text/html", html, more: "location: \(try elsewhere.url)/v1/sync\r\n")
    #expect(
      try await ask(redirect, tls: tls)
        == .failure(.notATributaryHub("it answered with text/html, 302")))
    #expect(elsewhere.connectionCount == 0)
    try await elsewhere.stop()
  }

  @Test func compressedAnswersAreNotExpanded() async throws {
    let zipped = CannedServer.http(
      "200 OK", type: HubInterface.contentType, [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
      more: "content-encoding: gzip\r\n")
    let result = try await ask(zipped, tls: tls)
    guard case .failure(.notATributaryHub) = result else {
      Issue.record("\(result)")
      return
    }
  }

  @Test func nonsenseUnderOurContentTypeIsNamed() async throws {
    let type = HubInterface.contentType
    let what = "it answered with \(type), 200, which cannot be read"
    for body in [[], [1], Array(news.encoded.dropLast()), news.encoded + [0]] {
      #expect(
        try await ask(CannedServer.http("200 OK", type: type, body), tls: tls)
          == .failure(.damaged(what)))
    }
    // Another format altogether, or another version's.
    #expect(
      try await ask(CannedServer.http("200 OK", type: type, html), tls: tls)
        == .failure(.notATributaryHub(what)))
  }

  @Test func plainHTTPIsNoHub() async throws {
    let result = try await ask(CannedServer.http("200 OK", type: "text/html", html), tls: nil)
    guard case .failure(.notATributaryHub(let why)) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(why.hasSuffix("does not speak TLS"))
  }

  @Test func noHTTPAtAllIsNoHub() async throws {
    let result = try await ask(.answer(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)), tls: tls)
    guard case .failure(.notATributaryHub(let why)) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(why.hasSuffix("does not speak HTTP"))
  }

  @Test func anotherAuthoritysServerIsUntrusted() async throws {
    let other = try CertificateAuthority.make(generation: generation, wallMilliseconds: noon)
    let server = try other.issueServerCertificate(
      hostNames: ["localhost", "127.0.0.1"], wallMilliseconds: noon)
    let portal = CannedServer.http("200 OK", type: "text/html", html)
    let result = try await ask(portal, tls: try CannedServer.tls(server))
    guard case .failure(.untrusted(let why)) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(why.hasPrefix("its certificate is not from this hub's CA"))
  }

  @Test(arguments: [["hub.example"], ["localhost"]])
  func aServerUnderAnotherNameIsUntrusted(_ names: [String]) async throws {
    let server = try authority.issueServerCertificate(hostNames: names, wallMilliseconds: noon)
    let answer = CannedServer.http("200 OK", type: HubInterface.contentType, news.encoded)
    let result = try await ask(answer, tls: try CannedServer.tls(server))
    guard case .failure(.untrusted(let why)) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(why.contains("does not name “127.0.0.1”"))
  }

  @Test func anExpiredServerIsUntrusted() async throws {
    let server = try authority.issueServerCertificate(
      hostNames: ["127.0.0.1"],
      wallMilliseconds: noon - CredentialLifetimes.server - CredentialLifetimes.day)
    let answer = CannedServer.http("200 OK", type: HubInterface.contentType, news.encoded)
    let result = try await ask(answer, tls: try CannedServer.tls(server))
    guard case .failure(.untrusted) = result else {
      Issue.record("\(result)")
      return
    }
  }

  @Test func aDevicesCertificateMakesNoServer() async throws {
    var impostor = TLSConfiguration.makeServerConfiguration(
      certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(identity.certificatePEM.utf8))
        .map { .certificate($0) },
      privateKey: .privateKey(
        try NIOSSLPrivateKey(bytes: Array(identity.keyPEM.utf8), format: .pem)))
    impostor.minimumTLSVersion = .tlsv13
    let answer = CannedServer.http("200 OK", type: HubInterface.contentType, news.encoded)
    let result = try await ask(answer, tls: impostor)
    guard case .failure(.untrusted) = result else {
      Issue.record("\(result)")
      return
    }
  }

  @Test func olderTLSIsNotSpoken() async throws {
    var old = tls
    old.maximumTLSVersion = .tlsv12
    let answer = CannedServer.http("200 OK", type: HubInterface.contentType, news.encoded)
    let result = try await ask(answer, tls: old)
    guard case .failure(.notATributaryHub(let why)) = result else {
      Issue.record("\(result)")
      return
    }
    #expect(why.hasSuffix("does not speak TLS 1.3"))
  }

  @Test func largeAnswersAreNotRead() async throws {
    let declared = "HTTP/1.1 200 OK\r\ncontent-type: \(HubInterface.contentType)\r\n"
    let limit = SessionLimits.bodyBytesMax
    let tooLarge = Result<HubResponse, TransportError>.failure(.tooLarge(bytesMax: limit))
    let liar = declared + "content-length: \(limit + 1)\r\n\r\n"
    #expect(try await ask(.answer(Array(liar.utf8)), tls: tls) == tooLarge)
    let chunk = Array("100000\r\n".utf8) + [UInt8](repeating: 7, count: 1 << 20) + [13, 10]
    let chunked =
      Array((declared + "transfer-encoding: chunked\r\n\r\n").utf8)
      + Array(repeatElement(chunk, count: 5).joined()) + Array("0\r\n\r\n".utf8)
    #expect(try await ask(.answer(chunked), tls: tls) == tooLarge)
  }

  @Test func nobodyThereIsUnreachable() async throws {
    let server = try await CannedServer(.silence, tls: nil)
    let url = try server.url
    try await server.stop()
    #expect(
      try await ask(url) == .failure(.unreachable("\(url.authority): Connection refused")))
    let nowhere = try #require(HubURL("https://no-such-name.invalid:8443"))
    #expect(
      try await ask(nowhere)
        == .failure(.unreachable("there is no address for the name “no-such-name.invalid”")))
  }

  @Test func aCutConnectionIsUnreachable() async throws {
    for tls in [tls, nil] {
      let result = try await ask(.close, tls: tls)
      guard case .failure(.unreachable) = result else {
        Issue.record("\(result)")
        return
      }
    }
  }

  @Test func silenceIsUnreachable() async throws {
    let short = HubTimeouts(connectMilliseconds: 50, readMilliseconds: 50)
    for tls in [tls, nil] {
      let result = try await ask(.silence, tls: tls, timeouts: short)
      guard case .failure(.unreachable) = result else {
        Issue.record("\(result)")
        return
      }
    }
  }

  @Test func messagesSayWhatToDo() {
    let errors: [TransportError] = [
      .unreachable("x"), .notATributaryHub("x"), .damaged("x"), .untrusted("x"),
      .certificateRefused("x"),
      .tooLarge(bytesMax: 1),
    ]
    for error in errors { #expect(error.message.hasSuffix(".")) }
  }
}
