import Basics
import Clocks
import Deltas
import Foundation
import HubStore
import Storage
import TestSupport

/// A hub in a folder of its own, with the sample schema.
struct TestHub {
  let folder: TemporaryFolder
  let store: HubStore

  static let generation = GenerationID(high: 7, low: 11)
  static let now: Int64 = 1_760_000_000_000

  init(schema: Schema = SampleSchema.schema, branches: Int = 3) throws {
    folder = try TemporaryFolder()
    let path = folder.path("hub")
    try HubStore.create(
      folder: path, like: schema, generation: Self.generation, hostNames: ["localhost"],
      wallMilliseconds: Self.now)
    store = try HubStore(folder: path)
    for index in 0..<branches { _ = try enrol("branch \(index + 1)") }
  }

  /// A second hub with everything that another has by now.
  init(copying other: TestHub) throws {
    folder = try TemporaryFolder()
    let path = folder.path("hub")
    try FileManager.default.copyItem(atPath: other.store.folder, toPath: path)
    store = try HubStore(folder: path)
  }

  /// Opens the hub's file anew, as after a crash.
  func reopened() throws -> HubStore { try HubStore(folder: store.folder) }

  /// The consolidated file as headquarters' tools see it.
  func database() throws -> Database {
    try Database(path: store.folder + "/hub.db", mode: .readOnly)
  }

  func enrol(_ name: String) throws -> ReplicaID {
    let secret = Array("\(name) \(try store.names().count)".utf8)
    try store.createToken(
      branch: name, secretHash: ContentHash(of: secret), expiresMilliseconds: Self.now + 1_000,
      wallMilliseconds: Self.now)
    return try store.redeemToken(secret: secret, wallMilliseconds: Self.now).replica
  }

  func branch(_ number: UInt32) -> ImitatedBranch {
    ImitatedBranch(
      replica: ReplicaID(number), schema: store.schema, generation: Self.generation)
  }

  /// Everything that all tables show.
  func tables() throws -> [RowKey: [ColumnID: Value]] {
    let database = try database()
    var result: [RowKey: [ColumnID: Value]] = [:]
    for table in store.schema.tables {
      for row in try database.rows(TableSQL(table).selectAllByKeyOrder) {
        let keyCount = table.keyColumns.count
        result[RowKey(table: table.id, values: Array(row.prefix(keyCount)))] =
          Dictionary(uniqueKeysWithValues: zip(table.valueColumns, row.dropFirst(keyCount)))
      }
    }
    return result
  }
}

extension HubStore {
  /// Takes in a branch's outbox without answering it.
  @discardableResult
  func push(
    _ branch: ImitatedBranch, _ sealed: [ImitatedBranch.Sealed]? = nil, offset: Int64 = 0,
    at received: Int64 = TestHub.now
  ) throws -> Acceptance {
    var contact = Contact(
      replica: branch.replica, integrated: branch.integrated, inlineBytesMax: 1 << 20,
      clockOffsetMilliseconds: offset, receivedMilliseconds: received)
    contact.floor = branch.floor
    return try accept((sealed ?? branch.outbox).map { .inline($0.bytes) }, from: contact)
  }

  /// Takes in what a branch of a random history sends.
  func push(_ push: RandomHistory.Push) throws -> Acceptance {
    try self.push(push.branch, push.sealed, offset: push.offset, at: push.received)
  }

  /// One whole exchange.
  @discardableResult
  func sync(
    _ branch: inout ImitatedBranch, offset: Int64 = 0, at received: Int64 = TestHub.now
  ) throws -> Acceptance {
    let acceptance = try push(branch, offset: offset, at: received)
    try branch.apply(
      try delta(acceptance.plan, offset: 0, byteCount: .max).bytes, upTo: acceptance.deltaTo)
    return acceptance
  }

  /// Of a customer whom both have, the first branch writes the city and deletes her, which arrives
  /// in two parts; the other's city comes between them.
  func changeAndDelete(_ a: inout ImitatedBranch, against b: inout ImitatedBranch) throws {
    a.write([.insertCustomer(1, "Ada", "London", 1, at: 100)])
    try sync(&a)
    try sync(&b)
    a.write([.update(.customer(1), [3: .text("Paris")], at: 300)])
    a.write([.delete(.customer(1), at: 350)])
    b.write([.update(.customer(1), [3: .text("Rome")], at: 400)])
    try push(a, [a.outbox[0]])
    try sync(&b)
    try sync(&a)
  }

  func wholeDelta(
    _ receiver: ReplicaID, from: LogPosition = .start, to: LogPosition? = nil
  ) throws -> [UInt8] {
    try delta(
      receiver: receiver, from: from, to: try to ?? head(), offset: 0, byteCount: .max
    ).bytes
  }
}
