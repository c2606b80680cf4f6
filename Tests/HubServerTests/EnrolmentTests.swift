import AsyncHTTPClient
import Basics
import Clocks
import Foundation
import HubServer
import NIOHTTP1
import Sessions
import Synchronization
import TestSupport
import Testing
import Transport

@Suite(.timeLimit(.minutes(1))) struct EnrolmentTests {
  private func refusal(
    _ token: Token, key: DeviceKey = DeviceKey()
  ) async throws -> RefusalCode? {
    do {
      _ = try await HubEnrolment.enrol(token, key: key)
      return nil
    } catch TransportError.refused(let refusal) {
      return refusal.code
    }
  }

  @Test(arguments: ["127.0.0.1", "localhost"])
  func aTokenMakesADeviceABranch(_ host: String) async throws {
    try await ServerWorld.serve(listen: host) { world in
      let folder = try TemporaryFolder()
      let device = folder.path("branch.db-tributary")
      let key = try DeviceKey.loadOrMake(in: device)
      let text = try world.token(branch: "南山支行").text
      let outcome = try await HubEnrolment.enrol(try Token(text: text), key: key)
      #expect(outcome.answer.branch == "南山支行")
      #expect(outcome.answer.generation == FakeHub.generation)
      #expect(outcome.answer.schema == FakeHub.schema)
      try outcome.identity.save(in: device)

      let identity = try DeviceIdentity(folder: device)
      let answer = try await world.ask(.describe, as: identity)
      guard case .success(.description(let description)) = answer else {
        Issue.record("\(answer)")
        return
      }
      #expect(description.head == LogPosition(5))
      #expect(world.hub.authors == [outcome.answer.replica])
      #expect(world.hub.state.withLock { $0.servedURL } == world.url)
    }
  }

  @Test func aTokenIsGoodOnceAndForItsDevice() async throws {
    try await ServerWorld.serve { world in
      let token = try world.token()
      let key = DeviceKey()
      let first = try await HubEnrolment.enrol(token, key: key)
      // The answer was lost: the same device asks again.
      let again = try await HubEnrolment.enrol(token, key: key)
      #expect(again.answer.replica == first.answer.replica)
      #expect(try await refusal(token) == .tokenUsed)
      let other = try await HubEnrolment.enrol(try world.token(branch: "north"), key: DeviceKey())
      #expect(other.answer.replica != first.answer.replica)
    }
  }

  @Test func wrongAndExpiredTokensAreRefused() async throws {
    let time: @Sendable () -> Int64 = { 1_800_000_000_000 }
    try await ServerWorld.serve(wallMilliseconds: time) { world in
      let expired = try world.token(expires: 1_800_000_000_000)
      #expect(try await refusal(expired) == .tokenExpired)
      let unknown = try Token(
        url: world.url, authorityFingerprint: world.credentials.authority.fingerprint,
        secret: Token.makeSecret()
      ).required
      #expect(try await refusal(unknown) == .tokenUnknown)
      #expect(try await refusal(try world.token()) == nil)
    }
  }

  @Test func aHubWithAnotherFingerprintGetsNoSecret() async throws {
    try await ServerWorld.serve { world in
      let other = try CertificateAuthority.make(
        generation: FakeHub.generation, wallMilliseconds: WallClock.systemMilliseconds())
      let token = try world.token(authority: other)
      await #expect {
        try await HubEnrolment.enrol(token, key: DeviceKey())
      } throws: { error in
        guard case TransportError.untrusted(let why) = error else { return false }
        return why.contains(other.fingerprint.shortDescription)
      }
      #expect(world.hub.state.withLock { $0.nextReplica } == 1)
      #expect(try await refusal(try world.token()) == nil)
    }
  }

  @Test func requestsThatProveNothingUseNoToken() async throws {
    try await ServerWorld.serve { world in
      let token = try world.token()
      let request = try DeviceKey().certificateRequest()
      var forged = request
      forged[forged.count - 1] ^= 1
      for bytes in [forged, [], Array(request.dropLast()), request + [0]] {
        let body = EnrolRequest(tokenSecret: token.secret, certificateRequest: bytes).encoded
        let answer = try await RawClient(world).send(
          .POST, HubInterface.enrolPath, headers: [("content-type", HubInterface.contentType)],
          body: .bytes(body))
        #expect(answer.status == 400)
        #expect(answer.refusal == .malformed)
      }
      #expect(try await refusal(token) == nil)
    }
  }

  @Test func nobodyThereIsUnreachable() async throws {
    try await ServerWorld.serve { world in
      let token = try Token(
        url: try HubURL(host: "no-such-name.invalid", port: 8443).required,
        authorityFingerprint: world.credentials.authority.fingerprint,
        secret: Token.makeSecret()
      ).required
      await #expect(
        throws: TransportError.unreachable(
          "there is no address for the name “no-such-name.invalid”")
      ) { try await HubEnrolment.enrol(token, key: DeviceKey()) }
    }
  }
}
