import Basics
import Clocks
import Deltas
import HubServer
import HubStore
import Logging
import Sessions
import Storage
import TestSupport
import Testing
import Transport

private let generation = GenerationID(high: 3, low: 4)
private let now = WallClock.systemMilliseconds()

/// A real hub in a folder of its own, served on this machine.
private final class RealHub {
  let folder: TemporaryFolder
  let schema: Schema
  let credentials: HubCredentials

  init() throws {
    folder = try TemporaryFolder()
    let database = try Database(path: folder.path("like.db"), mode: .create)
    try database.executeScript("CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT)")
    schema = try SchemaReader.read(database, tables: nil)
    try HubStore.create(
      folder: folder.path("hub"), like: schema, generation: generation, hostNames: [],
      wallMilliseconds: now)
    credentials = try HubCredentials.make(
      folder: HubCredentials.folder(ofHub: folder.path("hub")), generation: generation,
      hostNames: [], wallMilliseconds: now)
  }

  /// Another process's view of the same hub.
  func store() throws -> HubStore { try HubStore(folder: folder.path("hub")) }

  func invite(_ branch: String, at url: HubURL, expires: Int64 = now + 60_000) throws -> Token {
    let secret = Token.makeSecret()
    try store().createToken(
      branch: branch, secretHash: Token.hash(ofSecret: secret), expiresMilliseconds: expires,
      wallMilliseconds: now)
    return try Token(
      url: url, authorityFingerprint: credentials.authority.fingerprint, secret: secret
    ).required
  }

  func serve(_ body: @escaping @Sendable (HubURL) async throws -> Void) async throws {
    let server = try HubServer(
      credentials: credentials,
      service: try StoreHubService(store: try store(), credentials: credentials),
      listen: try HubURL(host: "127.0.0.1", port: 0).required, timer: ManualTimer(),
      logger: Logger(label: "test") { _ in silent })
    try await ServerWorld.run(server, body)
  }

  func exchange() -> HubRequest {
    .exchange(
      ExchangeRequest(
        schemaFingerprint: schema.fingerprint, integrated: nil, wallMilliseconds: now,
        changesets: [], uploaded: nil))
  }
}

extension RealHub: @unchecked Sendable {}

private func ask(
  _ request: HubRequest, _ url: HubURL, _ identity: DeviceIdentity
) async throws -> HubResponse {
  let connection = try HubConnection(url: url, identity: identity)
  let answer = try await connection.send(request)
  await connection.close()
  return answer.response
}

private func code(_ response: HubResponse) -> RefusalCode? {
  if case .refused(let refusal) = response { refusal.code } else { nil }
}

private func refusal(
  _ token: Token, _ key: DeviceKey = DeviceKey()
) async throws -> RefusalCode? {
  do {
    _ = try await HubEnrolment.enrol(token, key: key)
    return nil
  } catch TransportError.refused(let refusal) {
    return refusal.code
  }
}

@Suite(.timeLimit(.minutes(1))) struct StoreHubServiceTests {
  @Test func fromInvitationToExchange() async throws {
    let hub = try RealHub()
    try await hub.serve { url in
      #expect(try hub.store().servedURL() == url.description)
      let token = try hub.invite("南山支行", at: url)
      let outcome = try await HubEnrolment.enrol(token, key: DeviceKey())
      #expect(outcome.answer.branch == "南山支行")
      #expect(outcome.answer.schema == hub.schema)
      guard case .exchange(let answer) = try await ask(hub.exchange(), url, outcome.identity)
      else {
        Issue.record("The exchange was refused.")
        return
      }
      #expect(answer.generation == generation)
      #expect(answer.to == .start)
      let branches = try hub.store().branches()
      #expect(branches.map(\.replica.name) == ["南山支行"])
      #expect(branches.first?.replica.lastContactMilliseconds != nil)
    }
  }

  @Test func revocationByAnotherProcessHoldsAtOnce() async throws {
    let hub = try RealHub()
    try await hub.serve { url in
      let identity = try await HubEnrolment.enrol(
        try hub.invite("south", at: url), key: DeviceKey()
      ).identity
      let connection = try HubConnection(url: url, identity: identity)
      #expect(code(try await connection.send(hub.exchange()).response) == nil)
      try hub.store().revoke(name: "south")
      #expect(code(try await connection.send(hub.exchange()).response) == .revoked)
      #expect(
        code(try await connection.send(.awaitNews(after: .start)).response) == .revoked)
      await connection.close()
    }
  }

  @Test func aTokenIsUsedUpByItsDevice() async throws {
    let hub = try RealHub()
    try await hub.serve { url in
      let token = try hub.invite("south", at: url)
      let key = DeviceKey()
      let first = try await HubEnrolment.enrol(token, key: key)
      #expect(try await refusal(token) == .tokenUsed)
      let again = try await HubEnrolment.enrol(token, key: key)
      #expect(again.answer.replica == first.answer.replica)
      // Only the certificate that was issued last is the branch's.
      #expect(code(try await ask(.describe, url, first.identity)) == .notAllowed)
      #expect(code(try await ask(.describe, url, again.identity)) == nil)
      #expect(try hub.store().branches().count == 1)
      try hub.store().revoke(name: "south")
      #expect(try await refusal(token, key) == .tokenUsed)
    }
  }

  @Test func badTokensRegisterNobody() async throws {
    let hub = try RealHub()
    try await hub.serve { url in
      #expect(
        try await refusal(try hub.invite("south", at: url, expires: now - 1)) == .tokenExpired)
      let unknown = try Token(
        url: url, authorityFingerprint: hub.credentials.authority.fingerprint,
        secret: Token.makeSecret()
      ).required
      #expect(try await refusal(unknown) == .tokenUnknown)
      #expect(try hub.store().branches().isEmpty)
    }
  }

  @Test func aDeviceThatTheRegistryDoesNotKnowIsRefused() async throws {
    let hub = try RealHub()
    try await hub.serve { url in
      _ = try await HubEnrolment.enrol(try hub.invite("south", at: url), key: DeviceKey())
      // Signed by the hub's own authority, for numbers that were given to others or to nobody.
      for replica in [ReplicaID(1), ReplicaID(99)] {
        let key = DeviceKey()
        let issued = try hub.credentials.authority.issueDeviceCertificate(
          for: try DeviceRequest(der: try key.certificateRequest()), generation: generation,
          replica: replica, wallMilliseconds: now)
        let identity = try DeviceIdentity(
          key: key, certificateDER: issued.der,
          authorityPEM: hub.credentials.authority.certificatePEM)
        #expect(code(try await ask(.describe, url, identity)) == .notAllowed)
      }
    }
  }

  @Test func aTokenShowsTheSchemaBeforeItIsUsed() async throws {
    let hub = try RealHub()
    try await hub.serve { url in
      let token = try hub.invite("south", at: url)
      let preview = try await HubPreview(token)
      guard case .description(let description) = try await preview.send(.describe) else {
        Issue.record("The hub did not describe itself.")
        return
      }
      #expect(description.schema == hub.schema)
      #expect(description.names.isEmpty)
      for request in [hub.exchange(), .awaitNews(after: .start)] {
        #expect(code(try await preview.send(request)) == .notAllowed)
      }
      #expect(try hub.store().branches().isEmpty)
      #expect(try await refusal(token) == nil)
      #expect(code(try await preview.send(.describe)) == .tokenUsed)
      await preview.close()
    }
  }
}
