import AsyncHTTPClient
import Clocks
import Foundation
import HubServer
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import Sessions
import Synchronization
import TestSupport
import Transport

/// A serving hub on this machine, with real TLS, for the length of a closure.
struct ServerWorld: Sendable {
  /// What a server waits for by itself: the renewal of its certificate, and tending its store.
  static let ownSleepers = 2

  let hub: FakeHub
  let server: HubServer
  let credentials: HubCredentials
  let url: HubURL

  static func serve(
    limits: HubServerLimits = HubServerLimits(), timer: any ServerTimer = ManualTimer(),
    listen: String = "127.0.0.1",
    wallMilliseconds: @escaping @Sendable () -> Int64 = WallClock.systemMilliseconds,
    onRequest: @escaping @Sendable (HubRequest) -> Void = { _ in },
    _ body: @escaping @Sendable (ServerWorld) async throws -> Void
  ) async throws {
    let folder = try TemporaryFolder()
    let credentials = try HubCredentials.make(
      folder: HubCredentials.folder(ofHub: folder.url.path), generation: FakeHub.generation,
      hostNames: [], wallMilliseconds: wallMilliseconds())
    let hub = FakeHub(authority: credentials.authority, onRequest: onRequest)
    let server = try HubServer(
      credentials: credentials, service: hub.makeService(),
      listen: try HubURL(host: listen, port: 0).required, limits: limits, timer: timer,
      wallMilliseconds: wallMilliseconds, logger: Logger(label: "test") { _ in silent })
    try await run(server) { url in
      try await body(ServerWorld(hub: hub, server: server, credentials: credentials, url: url))
    }
    withExtendedLifetime(folder) {}
  }

  /// Runs a server for the length of a closure.
  static func run(
    _ server: HubServer, _ body: @escaping @Sendable (HubURL) async throws -> Void
  ) async throws {
    let (ready, isReady) = AsyncStream<HubURL>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { isReady.finish() }
        try await server.run { isReady.yield($0) }
      }
      var urls = ready.makeAsyncIterator()
      if let url = await urls.next() {
        do {
          try await body(url)
        } catch {
          server.stop()
          throw error
        }
      }
      server.stop()
      try await group.waitForAll()
    }
  }

  /// Invites a branch.
  func token(
    branch: String = "south", expires: Int64 = .max, authority: CertificateAuthority? = nil
  ) throws -> Token {
    let secret = Token.makeSecret()
    hub.state.withLock { $0.tokens[secret] = .init(branch: branch, expires: expires) }
    return try Token(
      url: url, authorityFingerprint: (authority ?? credentials.authority).fingerprint,
      secret: secret
    ).required
  }

  /// A device of this hub, without the enrolment.
  func device(
    _ replica: UInt32, authority: CertificateAuthority? = nil, issuedAt: Int64? = nil
  ) throws -> DeviceIdentity {
    let key = DeviceKey()
    let issued = try (authority ?? credentials.authority).issueDeviceCertificate(
      for: try DeviceRequest(der: try key.certificateRequest()), generation: FakeHub.generation,
      replica: ReplicaID(replica), wallMilliseconds: issuedAt ?? WallClock.systemMilliseconds())
    return try DeviceIdentity(
      key: key, certificateDER: issued.der, authorityPEM: credentials.authority.certificatePEM)
  }

  func connection(_ identity: DeviceIdentity) throws -> HubConnection {
    try HubConnection(url: url, identity: identity)
  }

  /// One request with a new connection; what came back, or why nothing did.
  func ask(
    _ request: HubRequest, as identity: DeviceIdentity
  ) async throws -> Result<HubResponse, TransportError> {
    let connection = try connection(identity)
    let result: Result<HubResponse, TransportError>
    do throws(TransportError) {
      result = .success(try await connection.send(request).response)
    } catch {
      result = .failure(error)
    }
    await connection.close()
    return result
  }
}

/// An HTTP client that sends whatever a test wants.
struct RawClient {
  struct Answer {
    var status: Int
    var headers: HTTPHeaders
    var body: [UInt8]

    var refusal: RefusalCode? {
      guard case .refused(let refusal)? = try? HubResponse(encoded: body) else { return nil }
      return refusal.code
    }
  }

  var world: ServerWorld
  var identity: (certificatePEM: String, keyPEM: String)?
  var newestTLS = TLSVersion.tlsv13

  init(_ world: ServerWorld, as identity: DeviceIdentity? = nil) {
    self.world = world
    self.identity = identity.map { ($0.certificatePEM, $0.keyPEM) }
  }

  func send(
    _ method: HTTPMethod, _ path: String, headers: [(String, String)] = [],
    body: HTTPClientRequest.Body? = nil
  ) async throws -> Answer {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .certificates(
      try NIOSSLCertificate.fromPEMBytes(
        Array(world.credentials.authority.certificatePEM.utf8)))
    tls.maximumTLSVersion = newestTLS
    if let identity {
      tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(
        Array(identity.certificatePEM.utf8)
      ).map { .certificate($0) }
      tls.privateKey = .privateKey(
        try NIOSSLPrivateKey(bytes: Array(identity.keyPEM.utf8), format: .pem))
    }
    var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
    configuration.httpVersion = .http1Only
    configuration.connectionPool.retryConnectionEstablishment = false
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    let result: Result<Answer, any Error>
    do {
      var request = HTTPClientRequest(url: world.url.description + path)
      request.method = method
      request.body = body
      for (name, value) in headers { request.headers.add(name: name, value: value) }
      let response = try await client.execute(request, timeout: .seconds(30))
      let bytes = try await response.body.collect(upTo: 1 << 24)
      result = .success(
        Answer(
          status: Int(response.status.code), headers: response.headers,
          body: Array(bytes.readableBytesView)))
    } catch {
      result = .failure(error)
    }
    try await client.shutdown()
    return try result.get()
  }

  /// A message of ours to /v1/sync.
  func sync(
    _ body: [UInt8], headers: [(String, String)] = [], type: String = HubInterface.contentType
  ) async throws -> Answer {
    try await send(
      .POST, HubInterface.syncPath, headers: [("content-type", type)] + headers,
      body: .bytes(ByteBuffer(bytes: body)))
  }
}

/// The log goes nowhere.
let silent = SwiftLogNoOpLogHandler()

struct Missing: Error {}

extension Optional {
  /// For tests: the value, or an error.
  var required: Wrapped {
    get throws {
      guard let self else { throw Missing() }
      return self
    }
  }
}
