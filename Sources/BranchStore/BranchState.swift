internal import Basics
internal import Clocks
internal import Deltas
internal import Storage

/// The one row of state that moves with each seal and each application.
struct BranchState {
  var identity: BranchIdentity
  /// When the branch joined, by its own clock.
  let joined: Int64
  /// Where the branch stands in the hub's log. Its generation is that of the stretch in which the
  /// position lies; the hub itself keeps the name of the first.
  var place: CausalContext
  /// What the log up to the place hashes to, if the hub has said so.
  var logHash: ContentHash?
  var nextCounter: UInt64
  /// The hash of the chain's last changeset.
  var headHash: ContentHash
  var clock: HybridLogicalClock
  /// How far the hub's clock was ahead at the last exchange.
  var clockOffsetMilliseconds: Int64 = 0
  var lastContact: Int64?
  var lastComplete: Int64?
  /// What the hub's last backup has, and that backup's number; 0 if there is none.
  var durable = LogPosition.start
  var backupNumber: UInt64 = 0
  /// The last notice that was stored here.
  var noticed: UInt64 = 0
  /// The hub's generation to which this database has handed back all that it had.
  var handedTo: GenerationID?
  /// Whether the log has a changeset of this chain that the database has not: then it asks for
  /// deltas that have the blocks of its own changesets too.
  var wantsAll = false

  var position: LogPosition { place.position }

  /// What the branch had integrated before it sealed anything new.
  var context: CausalContext { place }

  init(identity: BranchIdentity, joined: Int64) {
    self.identity = identity
    self.joined = joined
    place = CausalContext(generation: identity.generation, position: .start)
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
      let counter = UInt64(exactly: statement.integer(5)), counter > 0,
      let placeGeneration = GenerationID(statement.text(13)),
      let durable = UInt64(exactly: statement.integer(15)),
      let backupNumber = UInt64(exactly: statement.integer(16)),
      let noticed = UInt64(exactly: statement.integer(17))
    else { throw BranchStoreError.damaged("the state's row has an impossible value") }
    identity = BranchIdentity(
      replica: ReplicaID(replica), branch: statement.text(1), hubURL: statement.text(2),
      generation: generation)
    place = CausalContext(generation: placeGeneration, position: LogPosition(position))
    logHash = ContentHash(bytes: statement.bytes(14))
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
    self.durable = LogPosition(durable)
    self.backupNumber = backupNumber
    self.noticed = noticed
    handedTo = GenerationID(statement.text(18))
    wantsAll = statement.integer(19) != 0
  }

  func insert(into database: Database) throws {
    try database.execute(
      BranchSQL.insertState,
      [
        .integer(Int64(identity.replica.rawValue)), .text(identity.branch),
        .text(identity.hubURL), .text(identity.generation.description),
        .integer(Int64(position.rawValue)), .integer(Int64(nextCounter)), .blob(headHash.bytes),
        .integer(clock.last.milliseconds), .integer(Int64(clock.last.counter)),
        .integer(clockOffsetMilliseconds), .integer(joined), .text(place.generation.description),
      ])
  }

  func save(to database: Database) throws {
    try database.execute(
      BranchSQL.updateState,
      [
        .integer(Int64(position.rawValue)), .integer(Int64(nextCounter)), .blob(headHash.bytes),
        .integer(clock.last.milliseconds), .integer(Int64(clock.last.counter)),
        .integer(clockOffsetMilliseconds), lastContact.map { .integer($0) } ?? .null,
        lastComplete.map { .integer($0) } ?? .null, .text(place.generation.description),
        logHash.map { .blob($0.bytes) } ?? .null, .integer(Int64(durable.rawValue)),
        .integer(Int64(clamping: backupNumber)), .integer(Int64(clamping: noticed)),
        .integer(Int64(identity.replica.rawValue)), .text(identity.branch),
        handedTo.map { .text($0.description) } ?? .null, .integer(wantsAll ? 1 : 0),
      ])
  }

  /// Takes an identity: what is sealed from now on is a new chain's.
  mutating func adopt(replica: ReplicaID, branch: String) {
    identity.replica = replica
    identity.branch = branch
    clock = HybridLogicalClock(
      replica: replica,
      last: HybridTimestamp(
        milliseconds: clock.last.milliseconds, counter: clock.last.counter, replica: replica))
    nextCounter = 1
  }
}
