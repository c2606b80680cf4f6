import Clocks
import NIOSSL
import Sessions
import Synchronization
import Testing
import Transport

@testable import HubServer

@Suite(.timeLimit(.minutes(1))) struct IdentityTests {
  private let describe = HubRequest.describe.encoded

  @Test func withoutACertificateNothingIsAnswered() async throws {
    try await ServerWorld.serve { world in
      let answer = try await RawClient(world).sync(describe)
      #expect(answer.status == 401)
      #expect(answer.refusal == .notAllowed)
      #expect(world.hub.requests.isEmpty)
    }
  }

  @Test func aForgedHeaderIsIgnored() async throws {
    try await ServerWorld.serve { world in
      let stamp = "\(FakeHub.generation)/9/\(String(repeating: "0", count: 64))"
      for name in ["tributary-identity", "Tributary-Identity", "TRIBUTARY-IDENTITY"] {
        let stranger = try await RawClient(world).sync(
          describe, headers: [(name, stamp), (name, stamp)])
        #expect(stranger.status == 401)
        let device = try await RawClient(world, as: try world.device(4)).sync(
          describe, headers: [(name, stamp), (name, stamp)])
        #expect(device.status == 200)
      }
      #expect(world.hub.authors == [ReplicaID(4), ReplicaID(4), ReplicaID(4)])
    }
  }

  @Test func devicesOnOneServerAreToldApart() async throws {
    try await ServerWorld.serve { world in
      let connections = try (1...4).map { try world.connection(try world.device($0)) }
      for _ in 0..<3 {
        for connection in connections { _ = try await connection.send(.describe) }
      }
      #expect(world.hub.authors.map(\.rawValue) == [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4])
      for connection in connections { await connection.close() }
    }
  }

  @Test func revocationHoldsFromTheNextRequestOn() async throws {
    try await ServerWorld.serve { world in
      let identity = try world.device(7)
      let connection = try world.connection(identity)
      _ = try await connection.send(.describe)
      world.hub.state.withLock { _ = $0.revoked.insert(ReplicaID(7)) }
      let revoked = HubResponse.refused(
        Refusal(code: .revoked, message: "This device was revoked."))
      #expect(try await connection.send(.describe).response == revoked)
      await connection.close()
      let answer = try await RawClient(world, as: identity).sync(describe)
      #expect(answer.status == 403)
      #expect(world.hub.requests == [.describe])
    }
  }

  @Test func anotherAuthoritysDeviceIsRefused() async throws {
    try await ServerWorld.serve { world in
      let other = try CertificateAuthority.make(
        generation: FakeHub.generation, wallMilliseconds: WallClock.systemMilliseconds())
      let result = try await world.ask(.describe, as: try world.device(1, authority: other))
      #expect(result == .failure(.certificateRefused("it was not issued by this hub")))
      #expect(world.hub.requests.isEmpty)
    }
  }

  @Test func anExpiredDeviceIsRefused() async throws {
    try await ServerWorld.serve { world in
      let long = WallClock.systemMilliseconds() - CredentialLifetimes.device - 1_000
      let result = try await world.ask(.describe, as: try world.device(1, issuedAt: long))
      #expect(result == .failure(.certificateRefused("it has expired")))
      #expect(world.hub.requests.isEmpty)
    }
  }

  @Test func theServersOwnCertificateIsNoDevice() async throws {
    try await ServerWorld.serve { world in
      var client = RawClient(world)
      client.identity = (
        world.credentials.server.certificatePEM, world.credentials.server.keyPEM
      )
      let impostor = client
      await #expect(throws: (any Error).self) { try await impostor.sync(describe) }
      #expect(world.hub.requests.isEmpty)
    }
  }

  @Test func olderTLSIsRefused() async throws {
    try await ServerWorld.serve { world in
      var client = RawClient(world, as: try world.device(1))
      client.newestTLS = .tlsv12
      let old = client
      await #expect {
        try await old.sync(describe)
      } throws: { "\($0)".contains("PROTOCOL_VERSION") }
      #expect(world.hub.requests.isEmpty)
    }
  }

  @Test func aHubWithAnotherAuthorityIsUntrusted() async throws {
    try await ServerWorld.serve { world in
      let other = try CertificateAuthority.make(
        generation: FakeHub.generation, wallMilliseconds: WallClock.systemMilliseconds())
      let key = DeviceKey()
      let issued = try world.credentials.authority.issueDeviceCertificate(
        for: try DeviceRequest(der: try key.certificateRequest()),
        generation: FakeHub.generation, replica: ReplicaID(1),
        wallMilliseconds: WallClock.systemMilliseconds())
      let identity = try DeviceIdentity(
        key: key, certificateDER: issued.der, authorityPEM: other.certificatePEM)
      let result = try await world.ask(.describe, as: identity)
      guard case .failure(.untrusted) = result else {
        Issue.record("\(result)")
        return
      }
    }
  }

  @Test func aRenewedServerCertificateIsShownToNewConnections() async throws {
    let timer = ManualTimer()
    let start: Int64 = WallClock.systemMilliseconds()
    let wall = Counter(start)
    let time: @Sendable () -> Int64 = { wall.value }
    try await ServerWorld.serve(timer: timer, wallMilliseconds: time) { world in
      let identity = try world.device(1)
      let open = try world.connection(identity)
      _ = try await open.send(.describe)
      wall.set(start + CredentialLifetimes.server - CredentialLifetimes.serverRenewal + 1_000)
      await until { timer.waiterCount == ServerWorld.ownSleepers }
      timer.advance(milliseconds: HubServerLimits().renewalCheckMilliseconds)
      await until { timer.waiterCount == ServerWorld.ownSleepers }
      let renewed = try HubCredentials(folder: world.credentials.folder)
      #expect(renewed.server != world.credentials.server)
      guard case .success = try await world.ask(.describe, as: identity) else {
        Issue.record("The renewed certificate is not accepted.")
        return
      }
      _ = try await open.send(.describe)
      await open.close()
    }
  }
}
