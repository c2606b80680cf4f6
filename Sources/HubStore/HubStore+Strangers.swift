package import Basics
package import Clocks
internal import Deltas
internal import Storage

/// Devices that the registry does not know. They may hand back what the hub has lost, and ask for
/// an identity; people see them, and can refuse them.
extension HubStore {
  /// Notes that a device which the registry does not know made contact. `name` is what it says its
  /// branch is called, if it says so.
  ///
  /// Returns whether it is to be refused: its certificate was revoked, or whoever goes by the name.
  package func noteStranger(
    _ fingerprint: ContentHash, replica: ReplicaID, name: String?, wallMilliseconds: Int64
  ) throws -> Bool {
    try storing("note a device") {
      let known = try stranger(fingerprint)
      if known?.isRevoked == true { return true }
      let name = name.flatMap { Self.isValidName($0) ? $0 : nil }
      let isNews =
        known?.replica == nil || name != nil && name != known?.name
        || wallMilliseconds - (known?.lastMilliseconds ?? 0) >= Self.strangerNotedMilliseconds
      guard isNews else { return false }
      return try database.transaction {
        try database.execute(
          HubSQL.putStranger,
          [
            Value(fingerprint), Value(replica), name.map { .text($0) } ?? .null,
            .integer(wallMilliseconds),
          ])
        try database.execute(
          HubSQL.deleteOldStrangers, [Value(HubStoreLimits.strangersMax)])
        guard let name, try database.integer(HubSQL.isRefusedName, [.text(name)]) == 1 else {
          return false
        }
        try database.execute(HubSQL.revokeStranger, [Value(fingerprint)])
        return true
      }
    }
  }

  /// How often one that comes again and again is written down.
  private static let strangerNotedMilliseconds: Int64 = 60_000

  /// Whether a certificate was revoked by itself.
  package func isRevoked(certificate fingerprint: ContentHash) throws -> Bool {
    try storing("look up a certificate") { try stranger(fingerprint)?.isRevoked ?? false }
  }

  private func stranger(_ fingerprint: ContentHash) throws -> StrangerRecord? {
    try database.firstRow(HubSQL.selectStranger, [Value(fingerprint)]).map(StrangerRecord.init)
  }

  /// The devices that made contact and that the registry does not know, the latest first.
  package func strangers() throws -> [StrangerRecord] {
    try storing("list the devices that it does not know") {
      try database.rows(HubSQL.selectStrangers).map(StrangerRecord.init)
    }
  }

  /// Refuses a certificate from its next request on, whether anybody knows it or not. If it is the
  /// one that a branch has now, the branch is revoked, and its name returned.
  package func revoke(certificate fingerprint: ContentHash) throws -> String? {
    try storing("revoke the certificate") {
      try database.transaction {
        try database.execute(HubSQL.revokeStranger, [Value(fingerprint)])
        guard let id = try database.integer(HubSQL.selectReplicaCertified, [Value(fingerprint)])
        else { return nil }
        try database.execute(
          HubSQL.updateReplicaState, [.integer(ReplicaState.revoked.rawValue), .integer(id)])
        return try database.firstRow(HubSQL.selectReplica, [.integer(id)])
          .map { ReplicaRecord($0).name }
      }
    }
  }

  /// Refuses whoever asks for an identity under a branch's name that the registry does not have,
  /// and those who did.
  package func refuseStrangers(named name: String) throws {
    guard Self.isValidName(name) else { throw HubStoreError.nameInvalid }
    try storing("revoke the branch") {
      try database.transaction {
        try database.execute(HubSQL.insertRefusedName, [.text(name)])
        try database.execute(HubSQL.revokeStrangersNamed, [.text(name)])
      }
    }
  }

  /// The certificates whose fingerprint begins so, in hexadecimal: known to the registry or not.
  package func certificates(beginningWith digits: String) throws -> [ContentHash] {
    let known =
      try strangers().map(\.fingerprint)
      + branches().compactMap(\.replica.certificateFingerprint)
    var seen: Set<ContentHash> = []
    return known.filter { $0.description.hasPrefix(digits) && seen.insert($0).inserted }
  }
}
