import Basics
import Clocks
import Deltas
import HubServer
import Sessions
import Synchronization
import Transport

/// A hub without a store: what tests may look at and change while a server uses it.
final class FakeHub: Sendable {
  struct State {
    var head = LogPosition(5)
    var revoked: Set<ReplicaID> = []
    /// By secret.
    var tokens: [[UInt8]: Token] = [:]
    var nextReplica: UInt32 = 1
    var requests: [(replica: ReplicaID, request: HubRequest, wallMilliseconds: Int64)] = []
    var servedURL: HubURL?
  }

  struct Token {
    var branch: String
    var expires: Int64
    var device: ContentHash?
    var replica = ReplicaID(0)
  }

  static let generation = GenerationID(high: 0xabc, low: 1)
  static let schema = Schema(tables: [], otherSQL: [])

  let state = Mutex(State())
  let authority: CertificateAuthority
  /// Called on the engine's thread before each request is answered.
  let onRequest: @Sendable (HubRequest) -> Void

  init(
    authority: CertificateAuthority, onRequest: @escaping @Sendable (HubRequest) -> Void = { _ in }
  ) {
    self.authority = authority
    self.onRequest = onRequest
  }

  func makeService() -> sending FakeHubService { FakeHubService(self) }

  var requests: [HubRequest] { state.withLock { $0.requests.map(\.request) } }
  var authors: [ReplicaID] { state.withLock { $0.requests.map(\.replica) } }
}

final class FakeHubService: HubService {
  private let hub: FakeHub

  init(_ hub: FakeHub) { self.hub = hub }

  func refusal(of branch: CertifiedBranch) -> Refusal? {
    hub.state.withLock { state in
      state.revoked.contains(branch.replica)
        ? Refusal(code: .revoked, message: "This device was revoked.") : nil
    }
  }

  func handle(
    _ request: HubRequest, from branch: CertifiedBranch, wallMilliseconds: Int64
  ) -> HubResponse {
    hub.onRequest(request)
    return hub.state.withLock { state in
      state.requests.append((branch.replica, request, wallMilliseconds))
      switch request {
      case .exchange:
        state.head = state.head.next
        return .exchange(
          ExchangeResponse(
            accepted: [], generation: FakeHub.generation, from: .start, to: state.head,
            deltaByteCount: 0, deltaBytes: [], vectorDifference: [], names: [],
            clockOffsetMilliseconds: 0,
            timestamp: HybridTimestamp(milliseconds: 1, counter: 0, replica: .hub)))
      case .describe:
        return .description(
          HubDescription(
            generation: FakeHub.generation, head: state.head, schema: FakeHub.schema, names: []))
      case .upload(let upload): return .uploaded(byteCount: upload.offset + upload.bytes.count)
      default: return .news(generation: FakeHub.generation, head: state.head)
      }
    }
  }

  func enrol(
    secret: [UInt8], device: DeviceRequest, wallMilliseconds: Int64
  ) throws(Refusal) -> EnrolResponse {
    let decision: Result<FakeHub.Token, Refusal> = hub.state.withLock { state in
      guard var token = state.tokens[secret] else {
        return .failure(Refusal(code: .tokenUnknown, message: "The hub has no such token."))
      }
      guard token.expires > wallMilliseconds else {
        return .failure(Refusal(code: .tokenExpired, message: "The token has expired."))
      }
      guard token.device == nil || token.device == device.keyFingerprint else {
        return .failure(Refusal(code: .tokenUsed, message: "The token was used before."))
      }
      if token.device == nil {
        token.device = device.keyFingerprint
        token.replica = ReplicaID(state.nextReplica)
        state.nextReplica += 1
        state.tokens[secret] = token
      }
      return .success(token)
    }
    let token = try decision.get()
    guard
      let issued = try? hub.authority.issueDeviceCertificate(
        for: device, generation: FakeHub.generation, replica: token.replica,
        wallMilliseconds: wallMilliseconds)
    else { throw Refusal(code: .storage, message: "No certificate.") }
    return EnrolResponse(
      replica: token.replica, branch: token.branch, certificate: issued.der,
      generation: FakeHub.generation, schema: FakeHub.schema)
  }

  func served(at url: HubURL) { hub.state.withLock { $0.servedURL = url } }
}
