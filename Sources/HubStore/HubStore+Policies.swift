package import Basics
package import Deltas
package import Merging
internal import Storage

/// A merge policy as the hub published it.
package struct PublishedPolicy: Hashable, Sendable {
  /// From 1, without gaps.
  package var version: UInt64
  package var publishedMilliseconds: Int64
  /// The earlier version that it repeats, if it was published to go back to that.
  package var likeVersion: UInt64?
  /// What a person wrote.
  package var source: String
  /// What that comes to, in canonical bytes.
  package var encoded: [UInt8]
  /// The SHA-256 of those.
  package var contentHash: ContentHash
}

/// The policies by which conflicts come out: each version that was ever published. The last is in
/// force, for every changeset that is accepted after it; version 0 stands for the latest write
/// everywhere.
extension HubStore {
  /// Puts a policy in force. `source` is what a person wrote, `likeVersion` the version that it
  /// goes back to. Returns its version.
  package func publish(
    _ policy: MergePolicy, source: String, likeVersion: UInt64? = nil, wallMilliseconds: Int64
  ) throws -> UInt64 {
    try storing("publish the policy") {
      try database.transaction {
        try insertPolicy(
          policy, source: source, likeVersion: likeVersion, wallMilliseconds: wallMilliseconds)
      }
    }
  }

  /// Inside a transaction: as `publish`.
  func insertPolicy(
    _ policy: MergePolicy, source: String, likeVersion: UInt64?, wallMilliseconds: Int64
  ) throws -> UInt64 {
    let encoded = policy.encoded
    guard encoded.count <= HubStoreLimits.policyBytesMax,
      source.utf8.count <= HubStoreLimits.policyBytesMax
    else { throw HubStoreError.policyTooLarge(limit: HubStoreLimits.policyBytesMax) }
    let changesWithheld = try checkWithheld(under: policy)
    let version = try lastPolicyVersion() + 1
    try database.execute(
      HubSQL.insertPolicy,
      [
        Value(counter: version), .integer(wallMilliseconds),
        likeVersion.map { Value(counter: $0) } ?? .null, .text(source), .blob(encoded),
        Value(ContentHash(of: encoded)),
      ])
    if changesWithheld { removeWholeStates() }
    return version
  }

  /// Whether other tables' rows are to stay at the hub than until now. Throws if rows that stayed
  /// here would be everybody's: branches lack them, and no delta brings what lies behind.
  private func checkWithheld(under next: MergePolicy) throws -> Bool {
    do {
      try refreshPolicy()
    } catch HubStoreError.policyNotUsable {
      // Publishing another is the way out.
      return true
    }
    let changed = schema.tables.filter { policy.withholds($0.id) != next.withholds($0.id) }
    for table in changed where policy.withholds(table.id) {
      let isEmpty =
        try database.integer(HubSQL.selectAny(of: table)) == nil
        && database.firstRow(HubSQL.selectAnyRowOf, [Value(table.id)]) == nil
      guard isEmpty else { throw HubStoreError.rowsWithheld(table: table.name) }
    }
    return !changed.isEmpty
  }

  /// Whether a table's rows stay here: branches are told nothing of them.
  package func withholds(_ table: TableID) throws -> Bool {
    try storing("read its policy") {
      try refreshPolicy()
      return policy.withholds(table)
    }
  }

  /// All versions, the last first.
  package func policies() throws -> [PublishedPolicy] {
    try storing("list its policies") {
      try database.rows(HubSQL.selectPolicies).map(PublishedPolicy.init)
    }
  }

  /// The policy in force, or nil before the first.
  package func policyInForce() throws -> PublishedPolicy? {
    try storing("read its policy") {
      try database.firstRow(HubSQL.selectLastPolicy).map(PublishedPolicy.init)
    }
  }

  /// Which policy is in force: its version and hash; nil before the first.
  package func policyMark() throws -> (version: UInt64, contentHash: ContentHash)? {
    try storing("read its policy") {
      try database.firstRow(HubSQL.selectLastPolicyMark).map {
        ($0[0].asCounter, $0[1].asHash ?? .zero)
      }
    }
  }

  /// Inside a transaction: makes `policy` the one in force.
  func refreshPolicy() throws {
    let hash = try database.firstRow(HubSQL.selectLastPolicyHash)?.first?.asHash ?? .zero
    guard hash != knownPolicyHash else { return }
    guard let row = try database.firstRow(HubSQL.selectLastPolicy) else {
      (policy, knownPolicyHash) = (MergePolicy(), hash)
      return
    }
    let published = PublishedPolicy(row)
    do throws(PolicyDecodingError) {
      policy = try MergePolicy.decoded(published.encoded, registry: rules)
    } catch {
      switch error {
      case .malformed: throw HubStoreError.damaged("its policy cannot be read")
      case .unfit(let reason):
        throw HubStoreError.policyNotUsable(version: published.version, why: reason.message)
      }
    }
    knownPolicyHash = hash
  }

  private func lastPolicyVersion() throws -> UInt64 {
    UInt64(clamping: try database.integer(HubSQL.selectLastPolicyVersion) ?? 0)
  }
}

extension PublishedPolicy {
  /// A row of `HubSQL.selectPolicies` and its like.
  fileprivate init(_ row: [Value]) {
    version = row[0].asCounter
    publishedMilliseconds = row[1].asInteger
    likeVersion = row[2] == .null ? nil : row[2].asCounter
    source = row[3].asText
    encoded = row[4].asBytes
    contentHash = row[5].asHash ?? .zero
  }
}
