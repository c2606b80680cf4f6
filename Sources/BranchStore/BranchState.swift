internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// The one row of state that moves with each seal and each application.
struct BranchState {
  let identity: BranchIdentity
  /// When the branch joined, by its own clock.
  let joined: Int64
  var position: LogPosition
  var nextCounter: UInt64
  /// The hash of the chain's last changeset.
  var headHash: ContentHash
  var clock: HybridLogicalClock
  /// How far the hub's clock was ahead at the last exchange.
  var clockOffsetMilliseconds: Int64 = 0
  var lastContact: Int64?
  var lastComplete: Int64?

  var context: CausalContext {
    CausalContext(generation: identity.generation, position: position)
  }

  init(identity: BranchIdentity, joined: Int64) {
    self.identity = identity
    self.joined = joined
    position = .start
    nextCounter = 1
    headHash = .zero
    clock = HybridLogicalClock(replica: identity.replica)
    _ = clock.issue(wallMilliseconds: joined)
  }

  init(_ database: Database) throws {
    let statement = try database.cached(BranchSQL.selectState)
    defer { statement.reset() }
    guard try statement.step() else { throw BranchStoreError.damaged("the state's row is missing") }
    guard let replica = UInt32(exactly: statement.integer(0)),
      let generation = GenerationID(statement.text(3)),
      let hash = ContentHash(bytes: statement.bytes(6)),
      let clockCounter = UInt32(exactly: statement.integer(8)),
      let position = UInt64(exactly: statement.integer(4)),
      let counter = UInt64(exactly: statement.integer(5)), counter > 0
    else { throw BranchStoreError.damaged("the state's row has an impossible value") }
    identity = BranchIdentity(
      replica: ReplicaID(replica), branch: statement.text(1), hubURL: statement.text(2),
      generation: generation)
    self.position = LogPosition(position)
    nextCounter = counter
    headHash = hash
    clock = HybridLogicalClock(
      replica: identity.replica,
      last: HybridTimestamp(
        milliseconds: statement.integer(7), counter: clockCounter, replica: identity.replica))
    clockOffsetMilliseconds = statement.integer(9)
    joined = statement.integer(10)
    lastContact = statement.isNull(11) ? nil : statement.integer(11)
    lastComplete = statement.isNull(12) ? nil : statement.integer(12)
  }

  func insert(into database: Database) throws {
    try database.execute(
      BranchSQL.insertState,
      [
        .integer(Int64(identity.replica.rawValue)), .text(identity.branch),
        .text(identity.hubURL), .text(identity.generation.description),
        .integer(Int64(position.rawValue)), .integer(Int64(nextCounter)), .blob(headHash.bytes),
        .integer(clock.last.milliseconds), .integer(Int64(clock.last.counter)),
        .integer(clockOffsetMilliseconds), .integer(joined),
      ])
  }

  func save(to database: Database) throws {
    try database.execute(
      BranchSQL.updateState,
      [
        .integer(Int64(position.rawValue)), .integer(Int64(nextCounter)), .blob(headHash.bytes),
        .integer(clock.last.milliseconds), .integer(Int64(clock.last.counter)),
        .integer(clockOffsetMilliseconds), lastContact.map { .integer($0) } ?? .null,
        lastComplete.map { .integer($0) } ?? .null,
      ])
  }
}
