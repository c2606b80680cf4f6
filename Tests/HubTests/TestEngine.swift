import Basics
import Clocks
import Deltas
import Hub
import HubStore
import Sessions
import TestSupport

/// A hub's engine over a hub in a folder of its own, with the sample schema.
struct TestEngine {
  let folder: TemporaryFolder
  let store: HubStore
  let engine: HubEngine

  static let generation = GenerationID(high: 7, low: 11)
  static let now: Int64 = 1_760_000_000_000

  init(branches: Int = 3) throws {
    folder = try TemporaryFolder()
    let path = folder.path("hub")
    try HubStore.create(
      folder: path, like: SampleSchema.schema, generation: Self.generation, hostNames: [],
      wallMilliseconds: Self.now)
    store = try HubStore(folder: path)
    engine = HubEngine(store: store, random: Self.random(seed: 1))
    for number in 1...branches {
      let secret = Array("secret \(number)".utf8)
      try store.createToken(
        branch: "branch \(number)", secretHash: ContentHash(of: secret),
        expiresMilliseconds: Self.now + 1, wallMilliseconds: Self.now)
      _ = try store.redeemToken(secret: secret, wallMilliseconds: Self.now)
    }
  }

  /// Bytes that are different each time, and the same in each run.
  static func random(seed: UInt64) -> (Int) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return { count in (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) } }
  }

  func branch(_ number: UInt32) -> ImitatedBranch {
    ImitatedBranch(
      replica: ReplicaID(number), schema: store.schema, generation: Self.generation)
  }

  /// Asks, with the request and the answer as bytes on their way.
  func ask(
    _ request: HubRequest, from replica: ReplicaID = ReplicaID(1), at now: Int64 = TestEngine.now
  ) throws -> HubResponse {
    let arrived = try HubRequest(encoded: request.encoded)
    let answer = engine.handle(arrived, from: replica, wallMilliseconds: now)
    return try HubResponse(encoded: answer.encoded)
  }

  func refusal(
    _ request: HubRequest, from replica: ReplicaID = ReplicaID(1)
  ) throws -> RefusalCode? {
    guard case .refused(let refusal) = try ask(request, from: replica) else { return nil }
    return refusal.code
  }

  func request(
    _ branch: ImitatedBranch, changesets: [[UInt8]]? = nil, uploaded: UploadedChangeset? = nil,
    resumeTo: LogPosition? = nil, wall: Int64 = TestEngine.now
  ) -> ExchangeRequest {
    ExchangeRequest(
      schemaFingerprint: branch.schema.fingerprint, integrated: branch.integrated,
      wallMilliseconds: wall, changesets: changesets ?? branch.outbox.map(\.bytes),
      uploaded: uploaded, resumeTo: resumeTo, floor: branch.floor,
      sealed: ChainHead(counter: branch.counter, hash: branch.lastHash))
  }

  /// One exchange whose delta comes with the answer.
  @discardableResult
  func sync(_ branch: inout ImitatedBranch) throws -> ExchangeResponse? {
    guard case .exchange(let response) = try ask(.exchange(request(branch)), from: branch.replica)
    else { return nil }
    try branch.apply(response.deltaBytes, upTo: response.to)
    return response
  }
}
