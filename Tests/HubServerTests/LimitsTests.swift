import AsyncHTTPClient
import Clocks
import Dispatch
import NIOCore
import NIOHTTP1
import Sessions
import Synchronization
import Testing
import Transport

@testable import HubServer

/// A number that a test and a server share.
final class Counter: Sendable {
  private let count: Mutex<Int64>
  init(_ value: Int64 = 0) { count = Mutex(value) }
  var value: Int64 { count.withLock { $0 } }
  func set(_ value: Int64) { count.withLock { $0 = value } }
}

@Suite(.timeLimit(.minutes(1))) struct LimitsTests {
  private let describe = HubRequest.describe.encoded

  @Test func aBodyOverTheLimitIsRefused() async throws {
    try await ServerWorld.serve { world in
      let client = RawClient(world, as: try world.device(1))
      let limit = SessionLimits.bodyBytesMax
      let declared = try await client.sync([UInt8](repeating: 0, count: limit + 1))
      #expect(declared.status == 413)
      #expect(declared.refusal == .tooLarge)
      let pieces = AsyncStream { continuation in
        for _ in 0..<5 {
          continuation.yield(ByteBuffer(repeating: 0, count: 1 << 20))
        }
        continuation.finish()
      }
      let streamed = try await client.send(
        .POST, HubInterface.syncPath, headers: [("content-type", HubInterface.contentType)],
        body: .stream(pieces, length: .unknown))
      #expect(streamed.status == 413)
      #expect(streamed.refusal == .tooLarge)
      let full = try await client.sync([UInt8](repeating: 0, count: limit))
      #expect(full.refusal == .unsupportedProtocol)
      #expect(world.hub.requests.isEmpty)
    }
  }

  @Test func strangersBodiesAreNotEvenRead() async throws {
    try await ServerWorld.serve { world in
      let answer = try await RawClient(world).sync(
        [UInt8](repeating: 0, count: SessionLimits.bodyBytesMax))
      #expect(answer.status == 401)
      let enrol = try await RawClient(world).send(
        .POST, HubInterface.enrolPath, headers: [("content-type", HubInterface.contentType)],
        body: .bytes([UInt8](repeating: 0, count: HubServerLimits().enrolBodyBytesMax + 1)))
      #expect(enrol.status == 413)
    }
  }

  @Test func whatIsNotOursIsRefusedByName() async throws {
    try await ServerWorld.serve { world in
      let client = RawClient(world, as: try world.device(1))
      let form = try await client.sync(describe, type: "application/x-www-form-urlencoded")
      #expect(form.status == 415)
      #expect(form.refusal == .unsupportedProtocol)
      let parameters = try await client.sync(describe, type: HubInterface.contentType + " ; a=b")
      #expect(parameters.status == 200)
      for body in [[], [1], [1, 0xee], describe + [0]] {
        let answer = try await client.sync(body)
        #expect(answer.status == 400)
        #expect(answer.refusal == .malformed)
      }
      let future = try await client.sync([9] + describe.dropFirst())
      #expect(future.status == 415)
      #expect(future.refusal == .unsupportedProtocol)
      #expect(world.hub.requests == [.describe])
    }
  }

  @Test func pathsAndMethods() async throws {
    try await ServerWorld.serve { world in
      let client = RawClient(world)
      let health = try await client.send(.GET, "/healthz")
      #expect(health.status == 200)
      #expect(String(decoding: health.body, as: UTF8.self) == "ok\n")
      let authority = try await client.send(.GET, "/v1/ca")
      #expect(
        String(decoding: authority.body, as: UTF8.self)
          == world.credentials.authority.certificatePEM)
      let front = try await client.send(.GET, "/")
      #expect(front.headers.first(name: "content-type") == "text/plain; charset=utf-8")
      #expect(String(decoding: front.body, as: UTF8.self).contains("Tributary hub"))
      #expect(try await client.send(.GET, "/v1/sync").status == 405)
      #expect(try await client.send(.POST, "/").headers.first(name: "allow") == "GET")
      #expect(try await client.send(.GET, "/hub.db").status == 404)
      #expect(try await client.send(.GET, "/v1/../pki/ca.key").status == 404)
    }
  }

  @Test func manyAndLargeHeadersAreRefused() async throws {
    try await ServerWorld.serve { world in
      let client = RawClient(world, as: try world.device(1))
      for headers in [
        [("x-large", String(repeating: "a", count: 9 << 10))],
        (0..<80).map { ("x-\($0)", "a") },
      ] {
        let status = try? await client.sync(describe, headers: headers).status
        #expect(status == 400 || status == nil)
      }
      #expect(world.hub.requests.isEmpty)
    }
  }

  @Test func whoFindsNoPlaceIsToldWhenToComeAgain() async throws {
    var limits = HubServerLimits()
    limits.requestsWaitingMax = 1
    let (entered, enter) = AsyncStream<Void>.makeStream()
    let go = DispatchSemaphore(value: 0)
    let block: @Sendable (HubRequest) -> Void = { _ in
      enter.yield()
      go.wait()
    }
    try await ServerWorld.serve(limits: limits, onRequest: block) { world in
      async let first = RawClient(world, as: try world.device(1)).sync(describe)
      var arrivals = entered.makeAsyncIterator()
      await arrivals.next()
      let second = try await RawClient(world, as: try world.device(2)).sync(describe)
      #expect(second.status == 503)
      #expect(second.refusal == .busy)
      #expect(second.headers.first(name: "retry-after") == "2")
      #expect(try await RawClient(world).send(.GET, "/healthz").status == 200)
      go.signal()
      #expect(try await first.status == 200)
      go.signal()
      let third = try await RawClient(world, as: try world.device(2)).sync(describe)
      #expect(third.status == 200)
    }
  }

  @Test func oneBranchDoesNotTakeAllPlaces() async throws {
    let slots = RequestSlots(4, perBranchMax: 2)
    let one = ReplicaID(1)
    let inner = await slots.occupy(for: one) {
      await slots.occupy(for: one) {
        let third: Bool? = await slots.occupy(for: one) { true }
        #expect(third == nil)
        return await slots.occupy(for: ReplicaID(2)) { await slots.occupy { true } }
      }
    }
    #expect(inner == .some(.some(.some(.some(true)))))
    #expect(await slots.occupy(for: one) { true } == true)
  }

  @Test func aRevokedDevicesBodyIsNotRead() async throws {
    var limits = HubServerLimits()
    limits.requestsWaitingMax = 0
    try await ServerWorld.serve(limits: limits) { world in
      world.hub.state.withLock { _ = $0.revoked.insert(ReplicaID(7)) }
      let client = RawClient(world, as: try world.device(7))
      // Neither its length nor the lack of places comes first.
      for _ in 0..<2 {
        let answer = try await client.sync(
          [UInt8](repeating: 0, count: SessionLimits.bodyBytesMax + 1))
        #expect(answer.refusal == .revoked)
      }
      #expect(try await RawClient(world, as: try world.device(1)).sync(describe).refusal == .busy)
    }
  }

  @Test func aSlowBodyEndsTheConnection() async throws {
    var limits = HubServerLimits()
    limits.readMillisecondsMax = 100
    try await ServerWorld.serve(limits: limits) { world in
      let client = RawClient(world, as: try world.device(1))
      // Never finished: the server must lose patience.
      let (stream, source) = AsyncStream<ByteBuffer>.makeStream()
      source.yield(ByteBuffer(bytes: describe))
      await #expect(throws: (any Error).self) {
        try await client.send(
          .POST, HubInterface.syncPath, headers: [("content-type", HubInterface.contentType)],
          body: .stream(stream, length: .unknown))
      }
      source.finish()
      #expect(world.hub.requests.isEmpty)
      #expect(try await client.sync(describe).status == 200)
    }
  }
}
