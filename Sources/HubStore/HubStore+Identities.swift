package import Basics
package import Clocks
internal import Deltas
internal import Merging
internal import Storage

/// Copies: two databases that began as one. Both go on, each under a name of its own.
extension HubStore {
  // MARK: A new identity

  /// Makes a one-time token for a database that needs an identity of its own, and returns its
  /// secret and the name it stands for: the branch's, with a number.
  package func offerIdentity(
    to replica: ReplicaID, named told: String, random: (Int) -> [UInt8], wallMilliseconds: Int64
  ) throws -> (secret: [UInt8], name: String) {
    let known = try self.replica(replica)
    if known?.state == .revoked { throw HubStoreError.refused(.revoked) }
    if known?.state == .retired { throw HubStoreError.refused(.retired()) }
    let secret = random(Self.secretBytes)
    let name = try storing("offer an identity") {
      // A hub that was restored may not know that it gave this number out.
      try database.transaction { try noteReplicas([replica]) }
      return try freeName(after: known?.name ?? told, wallMilliseconds: wallMilliseconds)
    }
    try createToken(
      branch: name, secretHash: ContentHash(of: secret),
      expiresMilliseconds: wallMilliseconds + Self.offerMilliseconds,
      wallMilliseconds: wallMilliseconds)
    return (secret, name)
  }

  private static let secretBytes = 16
  private static let offerMilliseconds: Int64 = 3_600_000

  /// The name with the least number that nobody has and nobody is invited under.
  private func freeName(after name: String, wallMilliseconds: Int64) throws -> String {
    let base = Self.withoutNumber(name)
    var number = 2
    while true {
      let candidate = "\(base) (\(number))"
      let invited = try database.integer(
        HubSQL.countOpenTokensNamed, [.text(candidate), .integer(wallMilliseconds)])
      if invited == 0, try isFree(candidate) { return candidate }
      number += 1
    }
  }

  /// “Berlin (2)” is a copy of “Berlin”.
  private static func withoutNumber(_ name: String) -> String {
    guard name.hasSuffix(")"), let open = name.lastIndex(of: "("), open > name.startIndex else {
      return name
    }
    let before = name.index(before: open)
    let digits = name[name.index(after: open)...].dropLast()
    guard name[before] == " ", !digits.isEmpty, digits.allSatisfy(\.isNumber),
      before > name.startIndex
    else { return name }
    return String(name[..<before])
  }

  // MARK: Adopting it

  /// Makes a replica's chain continue that of the database it came from: after `confirmed`, the
  /// last changeset that the database knows to be in the log. Returns the hash that the chain's
  /// first changeset names as the one before, zero if there is none: a log that lacks it may get it
  /// back.
  ///
  /// Repeating it changes nothing. Throws once the replica has changesets of its own.
  package func adopt(
    _ replica: ReplicaID, after previous: ReplicaID, confirmed: ChainPoint,
    wallMilliseconds: Int64
  ) throws -> ContentHash {
    try storing("give a database its identity") {
      try database.transaction {
        try takeOver()
        guard let record = try self.replica(replica) else {
          throw HubStoreError.refused(.unknownReplica)
        }
        guard record.chainCounter == 0, replica != previous else {
          throw HubStoreError.refused(
            .malformed("a replica that has changesets cannot take another's place"))
        }
        let hash = confirmed.counter > 0 ? confirmed.contentHash : .zero
        let parent = hash == .zero ? nil : try logged(hash)
        try setParent(of: record, hash, parent)
        try noteCopy(record, of: previous, parent, wallMilliseconds: wallMilliseconds)
        return hash
      }
    }
  }

  /// What the log calls a changeset that it may have under another header.
  private func logged(_ hash: ContentHash) throws -> Dot? {
    if let known = try loggedChangeset(hash) { return known.dot }
    return try position(ofOrigin: hash).flatMap { try log.entry($0)?.dot }
  }

  /// The chain begins with what was told, though the log may lack that: another that had its number
  /// and name in a state that was lost is told by it.
  private func setParent(
    of record: ReplicaRecord, _ hash: ContentHash, _ parent: Dot?
  ) throws {
    try database.execute(
      HubSQL.updateParent,
      [
        Value(record.id), hash == .zero ? .null : Value(hash),
        parent.map { Value($0.replica) } ?? .null,
        parent.map { Value(counter: $0.counter) } ?? .null,
        Value(hash),
      ])
  }

  private func noteCopy(
    _ record: ReplicaRecord, of previous: ReplicaID, _ parent: Dot?, wallMilliseconds: Int64
  ) throws {
    let name = try replica(previous)?.name ?? "replica \(previous)"
    let since = parent.map { ", and they have gone separate ways since changeset \($0.counter)" }
    try addNotice(
      to: [record.id, previous],
      """
      Two databases had the identity of “\(name)”: one was copied, or restored from a copy\
      \(since ?? ""). One of them is “\(record.name)” from now on. Both keep their changes; if \
      only one is meant to go on, retire the other.\(try withheldNotice())
      """, wallMilliseconds: wallMilliseconds)
  }

  /// What the older one lacks of the other's work, and is not sent.
  private func withheldNotice() throws -> String {
    try refreshPolicy()
    let names = schema.tables.filter { policy.withholds($0.id) }.map { "“\($0.name)”" }
    guard !names.isEmpty else { return "" }
    return """
       What went up only, in \(names.joined(separator: ", ")), the hub has and does not bring \
      back: one that was restored lacks what it had written there since.
      """
  }

  // MARK: Notices

  /// Something that the people of a branch must be told.
  package struct NoticeRecord: Hashable, Sendable {
    package var number: UInt64
    package var replica: ReplicaID
    package var milliseconds: Int64
    package var text: String
  }

  /// Notes the same for some replicas. Saying it again changes nothing.
  func addNotice(to replicas: [ReplicaID], _ text: String, wallMilliseconds: Int64) throws {
    for replica in replicas {
      try database.execute(
        HubSQL.insertNotice, [.integer(max(1, wallMilliseconds)), Value(replica), .text(text)])
    }
  }

  /// What a replica must be told after what it has noted. Numbers ascend with time, also over a
  /// restore of the hub.
  package func notices(
    for replica: ReplicaID, after number: UInt64, atMost limit: Int
  ) throws -> [NoticeRecord] {
    try storing("read its notices") {
      try database.rows(
        HubSQL.selectNoticesAfter, [Value(replica), Value(counter: number), Value(limit)]
      ).map(Self.notice)
    }
  }

  /// All notices, the newest first.
  package func notices(atMost limit: Int = 1_000) throws -> [NoticeRecord] {
    try storing("read its notices") {
      try database.rows(HubSQL.selectNotices, [Value(limit)]).map(Self.notice)
    }
  }

  private static func notice(_ row: [Value]) -> NoticeRecord {
    NoticeRecord(
      number: row[0].asCounter, replica: row[1].asReplica, milliseconds: row[2].asInteger,
      text: row[3].asText)
  }
}
