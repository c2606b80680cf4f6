import Basics
import BranchStore
import Clocks
import Deltas
import Foundation
import Merging
import Storage
import TestSupport

/// A branch database in a folder of its own, and the application's connection to it.
final class TestBranch {
  static let generation = GenerationID(high: 7, low: 9)

  let folder: TemporaryFolder
  let path: String
  let replica: ReplicaID
  let store: BranchStore
  /// A plain connection, as any program would open it.
  let application: Database

  /// Attaches a file that was made by some SQL or copied, or a new file if there is none.
  init(
    _ sql: String? = nil, copyOf source: URL? = nil, like schema: Schema? = nil,
    replica: UInt32 = 1, ownKeys: OwnKeys? = nil,
    isKnown: ((TableID, [UInt8]) -> Bool)? = nil
  ) throws {
    folder = try TemporaryFolder()
    path = folder.path("branch.db")
    self.replica = ReplicaID(replica)
    if let source {
      try FileManager.default.copyItem(at: source, to: URL(fileURLWithPath: path))
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }
    let sql = source == nil ? sql : ""
    var read = schema
    if let sql {
      let database = try Database(path: path, mode: .create)
      try database.executeScript(sql)
      if read == nil { read = try SchemaReader.read(database, tables: nil) }
    }
    store = try BranchStore.attach(
      path: path,
      identity: BranchIdentity(
        replica: self.replica, branch: "branch \(replica)", hubURL: "https://hub.example",
        generation: Self.generation),
      schema: read ?? Schema(tables: [], otherSQL: []), wallMilliseconds: 1_000,
      ownKeys: ownKeys, isKnown: isKnown)
    application = try Database(path: path, mode: .readWrite)
  }

  var schema: Schema { store.schema }

  func run(_ sql: String) throws { try application.executeScript(sql) }

  func rows(_ sql: String) throws -> [[Value]] { try application.rows(sql) }

  /// Puts a policy in force: rules of columns by their numbers, and units, of table 1.
  @discardableResult
  func adopt(
    _ rules: [UInt16: RuleReference], units: [[UInt16]] = [], version: UInt64 = 1
  ) throws -> SealReport {
    let table = TablePolicy(
      rules: Dictionary(uniqueKeysWithValues: rules.map { (ColumnID($0.key), $0.value) }),
      units: units.map { TablePolicy.Unit(columns: $0.map { ColumnID($0) }) })
    let policy = try MergePolicy(tables: [TableID(1): table])
    return try store.adopt(policy: policy.encoded, version: version, wallMilliseconds: 5_000)
  }

  @discardableResult
  func seal() throws -> SealReport { try store.seal(wallMilliseconds: 5_000) }

  /// The hub takes over what the application has added.
  @discardableResult
  func agree() throws -> SealReport {
    try seal()
    return try store.adopt(schema: store.known, wallMilliseconds: 5_000)
  }

  /// Whole changeset streams, in the order of their counters.
  func streams() throws -> [[UInt8]] {
    try store.outbox().map { changeset in
      var stream: [UInt8] = []
      while stream.count < changeset.byteCount {
        stream += try store.outboxBytes(
          counter: changeset.counter, offset: stream.count, byteCount: changeset.byteCount)
      }
      return stream
    }
  }

  /// The row changes of everything in the outbox.
  func outgoing() throws -> [RowChange] {
    try streams().flatMap { try rowChanges(of: $0) }
  }

  /// Seals, and returns what that added to the outbox.
  func sealed() throws -> [RowChange] {
    let before = try store.outbox().count
    try seal()
    return try streams().dropFirst(before).flatMap { try rowChanges(of: $0) }
  }

  /// Sends the outbox to a hub and applies what is new there.
  @discardableResult
  func sync(_ hub: inout RelayHub) throws -> ApplyReport {
    try seal()
    var accepted: [ExchangeFacts.Accepted] = []
    for (changeset, stream) in zip(try store.outbox(), try streams()) {
      try hub.accept(stream)
      accepted.append(
        ExchangeFacts.Accepted(
          counter: changeset.counter, contentHash: changeset.contentHash, position: hub.head))
    }
    return try pull(hub, accepted: accepted)
  }

  @discardableResult
  func pull(
    _ hub: RelayHub, accepted: [ExchangeFacts.Accepted] = []
  ) throws -> ApplyReport {
    let place = try store.place()
    var from = place.position
    var isForAnyone = false
    let lineage = hub.lineage
    if !lineage.includes(place, in: hub.canonical(hub.head)) {
      // What a hub says once the branch has handed back what it had.
      let known = try store.learn(path: hub.steps, head: hub.head)
      from = known?.position ?? .start
      isForAnyone = true
    }
    let bytes = hub.delta(
      for: isForAnyone ? .hub : store.identity.replica, from: from, to: hub.head)
    var facts = ExchangeFacts(
      accepted: accepted, generation: hub.generation, from: from, to: hub.head,
      vectorDifference: hub.entries.map(\.header.dot), names: [ReplicaID(2): "罗湖支行"],
      clockOffsetMilliseconds: 12,
      timestamp: HybridTimestamp(milliseconds: 2, counter: 0, replica: .hub))
    facts.isForAnyone = isForAnyone
    facts.lineage = Array(hub.steps.drop { $0.generation != place.generation }.dropFirst())
    facts.durable = hub.durable
    facts.backupNumber = hub.backupNumber
    return try store.apply(
      facts, delta: hub.head > from ? source(of: bytes) : nil, wallMilliseconds: 6_000)
  }

  /// Takes the whole state at the hub's head.
  @discardableResult
  func rebase(
    _ hub: RelayHub, rows: [RowChange], conflicts: [Conflict] = [],
    accepted: [ExchangeFacts.Accepted] = []
  ) throws -> ApplyReport {
    var facts = ExchangeFacts(
      accepted: accepted, generation: hub.generation, from: .start, to: hub.head,
      vectorDifference: hub.entries.map(\.header.dot), names: [:],
      clockOffsetMilliseconds: 0,
      timestamp: HybridTimestamp(milliseconds: 2, counter: 0, replica: .hub))
    facts.isWholeState = true
    facts.durable = hub.durable
    facts.backupNumber = hub.backupNumber
    return try store.apply(
      facts, delta: source(of: hub.wholeState(rows, conflicts: conflicts)),
      wallMilliseconds: 6_000)
  }

  /// In pieces that end anywhere.
  private func source(of bytes: [UInt8]) -> DeltaSource {
    var rest = bytes[...]
    return {
      let piece = Array(rest.prefix(1_000))
      rest = rest.dropFirst(piece.count)
      return piece
    }
  }
}

/// The row changes of a changeset's stream.
func rowChanges(of stream: [UInt8]) throws -> [RowChange] {
  var frames = FrameReader()
  frames.append(stream)
  var reader = ChangesetReader()
  var result: [RowChange] = []
  while let frame = try frames.next() {
    if case .block(let block) = try reader.read(frame) {
      result += (0..<block.rowCount).map { block.rowChange($0) }
    }
  }
  guard reader.isComplete else { throw DeltaDecodingError.truncated }
  return result
}

extension RowChange {
  /// Kind, key and values, of counted columns with what was there before, for short expectations.
  var brief: String {
    let before = previous.isEmpty ? columns.map { _ in nil } : previous
    let values = zip(zip(columns, self.values), before).map { cell, before in
      "\(cell.0)=" + (before.map { "\($0.brief)→" } ?? "") + cell.1.brief
    }.joined(separator: " ")
    let key = key.values.map(\.brief).joined(separator: ",")
    return "\(kind) \(key)\(values.isEmpty ? "" : " " + values)"
  }
}

extension Value {
  var brief: String {
    switch self {
    case .null: "null"
    case .integer(let value): "\(value)"
    case .real(let bits): "\(Double(bitPattern: bits))"
    case .text(let bytes): "'\(String(decoding: bytes, as: UTF8.self))'"
    case .blob(let bytes): "x'\(hexadecimal(bytes))'"
    }
  }
}
