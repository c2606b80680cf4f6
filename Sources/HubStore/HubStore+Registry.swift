package import Basics
package import Clocks
internal import Deltas
internal import Storage

/// The registry: who takes part, and what they have told.
extension HubStore {
  /// All branches, in the order in which they joined.
  package func branches() throws -> [BranchRecord] {
    try storing("list its branches") {
      try database.readTransaction {
        try database.rows(HubSQL.selectReplicas).map { row in
          let replica = ReplicaRecord(row)
          let pending = try database.firstRow(
            HubSQL.selectPendingDown, [Value(replica.deliveredPosition), Value(replica.id)])
          return BranchRecord(
            replica: replica, changesetCount: Int(replica.chainCounter),
            pendingDownChangesets: Int(pending?[0].asInteger ?? 0),
            pendingDownRows: Int(pending?[1].asInteger ?? 0))
        }
      }
    }
  }

  /// One branch, or nil if the hub never registered it.
  package func replica(_ id: ReplicaID) throws -> ReplicaRecord? {
    try storing("look up a branch") {
      try database.firstRow(HubSQL.selectReplica, [Value(id)]).map(ReplicaRecord.init)
    }
  }

  /// Whether a device is to be refused. True for one that the hub does not know.
  package func isRevoked(_ id: ReplicaID) throws -> Bool { try replica(id)?.state != .active }

  /// The names of all replicas, the hub not among them.
  package func names() throws -> [ReplicaID: String] {
    try storing("read its branches' names") {
      let rows = try database.rows(HubSQL.selectNames)
      return Dictionary(uniqueKeysWithValues: rows.map { ($0[0].asReplica, $0[1].asText) })
    }
  }

  /// Refuses a branch's device from its next request on. Nothing that it sends is kept.
  package func revoke(name: String) throws {
    try storing("revoke the branch") { try setState(.revoked, of: name) }
  }

  /// Says that a branch must not come back. What its device still sends is kept apart, for people
  /// to decide.
  package func retire(name: String) throws {
    try storing("retire the branch") { try setState(.retired, of: name) }
  }

  private func setState(_ state: ReplicaState, of name: String) throws {
    try database.transaction {
      let record = try branch(named: name)
      guard record.state != .past, record.state != .headquarters else {
        throw HubStoreError.branchUnknown(name)
      }
      try database.execute(
        HubSQL.updateReplicaState, [.integer(state.rawValue), Value(record.id)])
    }
  }

  /// The branch of a name. Throws `branchUnknown` if there is none.
  package func branch(named name: String) throws -> ReplicaRecord {
    try storing("look up a branch") {
      guard let row = try database.firstRow(HubSQL.selectReplicaNamed, [.text(name)]) else {
        throw HubStoreError.branchUnknown(name)
      }
      return ReplicaRecord(row)
    }
  }

  package func recordCertificate(
    _ replica: ReplicaID, serial: [UInt8], fingerprint: ContentHash
  ) throws {
    try storing("note a certificate") {
      try database.transaction {
        try database.execute(
          HubSQL.updateCertificate, [.blob(serial), Value(fingerprint), Value(replica)])
      }
    }
  }

  // MARK: Tokens

  /// Notes a one-time token. Only the SHA-256 of its secret is kept.
  ///
  /// A name may be invited again as long as nobody has made contact under it; the name of a
  /// revoked branch goes to the new one.
  package func createToken(
    branch: String, secretHash: ContentHash, expiresMilliseconds: Int64, wallMilliseconds: Int64
  ) throws {
    guard Self.isValidName(branch) else { throw HubStoreError.nameInvalid }
    try storing("make a token") {
      try database.transaction {
        try checkIsFree(branch)
        let kept = wallMilliseconds - Self.expiredTokenKeptMilliseconds
        try database.execute(HubSQL.deleteExpiredTokens, [.integer(kept)])
        let open = try database.integer(HubSQL.countOpenTokens, [.integer(wallMilliseconds)]) ?? 0
        guard open < HubStoreLimits.openTokensMax else {
          throw HubStoreError.tooManyTokens(limit: HubStoreLimits.openTokensMax)
        }
        try database.execute(
          HubSQL.insertToken,
          [
            Value(secretHash), .text(branch), .integer(wallMilliseconds),
            .integer(expiresMilliseconds),
          ])
      }
    }
  }

  /// Registers a device for a token's branch, and uses the token up.
  package func redeemToken(
    secret: [UInt8], wallMilliseconds: Int64
  ) throws -> (replica: ReplicaID, name: String) {
    try storing("enrol a device") {
      try database.transaction {
        try redeem(ContentHash(of: secret), deviceKey: nil, wallMilliseconds: wallMilliseconds)
      }
    }
  }

  /// Registers a device for a token's branch, uses the token up, and notes the certificate that
  /// `issue` makes for it: all of it or nothing.
  ///
  /// The same device may redeem its token again while that is good, and gets a new certificate:
  /// the first answer may have been lost.
  package func enrol(
    secret: [UInt8], deviceKey: ContentHash, wallMilliseconds: Int64,
    issue: (ReplicaID) throws -> (serial: [UInt8], fingerprint: ContentHash)
  ) throws -> (replica: ReplicaID, name: String) {
    try storing("enrol a device") {
      try database.transaction {
        let hash = ContentHash(of: secret)
        let branch =
          try redeemed(hash, by: deviceKey, wallMilliseconds: wallMilliseconds)
          ?? redeem(hash, deviceKey: deviceKey, wallMilliseconds: wallMilliseconds)
        let certificate = try issue(branch.replica)
        try database.execute(
          HubSQL.updateCertificate,
          [
            .blob(certificate.serial), Value(certificate.fingerprint), Value(branch.replica),
          ])
        return branch
      }
    }
  }

  private func redeem(
    _ hash: ContentHash, deviceKey: ContentHash?, wallMilliseconds: Int64
  ) throws -> (replica: ReplicaID, name: String) {
    let name = try branch(ofToken: hash, wallMilliseconds: wallMilliseconds)
    let replica = try register(name, wallMilliseconds: wallMilliseconds)
    try database.execute(
      HubSQL.updateTokenUsed,
      [
        .integer(wallMilliseconds), Value(replica), deviceKey.map { Value($0) } ?? .null,
        Value(hash),
      ])
    return (replica, name)
  }

  /// The branch that this very device redeemed this token for before, if both are still good.
  private func redeemed(
    _ hash: ContentHash, by deviceKey: ContentHash, wallMilliseconds: Int64
  ) throws -> (replica: ReplicaID, name: String)? {
    guard let token = try database.firstRow(HubSQL.selectToken, [Value(hash)]),
      token[2] != .null, token[4].asHash == deviceKey, token[1].asInteger > wallMilliseconds,
      let row = try database.firstRow(HubSQL.selectReplica, [token[3]])
    else { return nil }
    let record = ReplicaRecord(row)
    return record.state == .active ? (record.id, record.name) : nil
  }

  /// Throws what `redeemToken` would throw for this secret now. Changes nothing.
  package func checkToken(secret: [UInt8], wallMilliseconds: Int64) throws {
    try storing("look up a token") {
      _ = try branch(ofToken: ContentHash(of: secret), wallMilliseconds: wallMilliseconds)
    }
  }

  private func branch(ofToken hash: ContentHash, wallMilliseconds: Int64) throws -> String {
    guard let token = try database.firstRow(HubSQL.selectToken, [Value(hash)]) else {
      throw HubStoreError.tokenUnknown
    }
    guard token[2] == .null else { throw HubStoreError.tokenUsed }
    guard token[1].asInteger > wallMilliseconds else { throw HubStoreError.tokenExpired }
    return token[0].asText
  }

  /// Gives a new replica its number. Numbers are never reused.
  private func register(_ name: String, wallMilliseconds: Int64) throws -> ReplicaID {
    try checkIsFree(name)
    if let row = try database.firstRow(HubSQL.selectReplicaNamed, [.text(name)]) {
      let former = ReplicaRecord(row)
      try database.execute(
        HubSQL.updateReplicaName,
        [
          .text("\(name) #\(former.id.rawValue)"),
          .integer((former.state == .active ? ReplicaState.revoked : former.state).rawValue),
          Value(former.id),
        ])
    }
    try database.execute(
      HubSQL.insertReplica,
      [
        .text(name), .integer(ReplicaState.active.rawValue), .integer(wallMilliseconds),
        Value(ContentHash.zero),
      ])
    let replica = ReplicaID(UInt32(clamping: database.lastInsertRowID))
    try recompilePolicy()
    return replica
  }

  private func checkIsFree(_ name: String) throws {
    guard name != Self.headquartersName else { throw HubStoreError.nameTaken(name) }
    guard let row = try database.firstRow(HubSQL.selectReplicaNamed, [.text(name)]) else { return }
    let holder = ReplicaRecord(row)
    if holder.state == .active, holder.lastContactMilliseconds != nil {
      throw HubStoreError.nameTaken(name)
    }
  }

  static func isValidName(_ name: String) -> Bool {
    let isPrintable = name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    return !name.isEmpty && isPrintable && name.utf8.count <= HubStoreLimits.nameBytesMax
  }

  /// So long “used” and “expired” can be told from “unknown”.
  private static let expiredTokenKeptMilliseconds: Int64 = 90 * 86_400_000

  // MARK: Contact

  /// Notes an exchange: what the branch says it has, what it is sent, and how its clock stands.
  func noteContact(
    _ contact: Contact, acknowledged: LogPosition, plan: DeltaPlan, isDelivered: Bool,
    isComplete: Bool
  ) throws {
    wasHeardFrom = true
    let wallMilliseconds = contact.receivedMilliseconds
    let floor = min(contact.floor ?? acknowledged, acknowledged)
    try database.execute(
      HubSQL.updateContact,
      [
        .integer(wallMilliseconds), .integer(contact.clockOffsetMilliseconds),
        Value(acknowledged), Value(isDelivered ? plan.to : acknowledged), Value(floor),
        Value(milliseconds: isComplete ? wallMilliseconds : nil), Value(contact.replica),
      ])
  }

  /// Notes that a branch hands back: it shares no more with the log than this, and takes part.
  func noteHandingBack(
    _ replica: ReplicaID, shared: LogPosition, wallMilliseconds: Int64
  ) throws {
    try database.execute(
      HubSQL.lowerFloor, [Value(replica), Value(shared), .integer(wallMilliseconds)])
  }

  /// Notes that a branch was sent everything up to a position; `isComplete`: and that this was all
  /// there is.
  package func noteDelivered(
    _ replica: ReplicaID, upTo position: LogPosition, isComplete: Bool, wallMilliseconds: Int64
  ) throws {
    try storing("note what a branch was sent") {
      try database.transaction {
        try database.execute(
          HubSQL.updateDelivered,
          [
            Value(position), Value(milliseconds: isComplete ? wallMilliseconds : nil),
            Value(replica),
          ])
      }
    }
  }
}
