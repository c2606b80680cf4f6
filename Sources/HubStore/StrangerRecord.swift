package import Basics
package import Clocks
internal import Deltas

/// A certificate of the hub's authority that the registry does not have: its device was enrolled
/// after the backup that the hub was restored from, or has been given another certificate since.
package struct StrangerRecord: Hashable, Sendable {
  /// The SHA-256 of the certificate.
  package var fingerprint: ContentHash
  /// The number in the certificate; nil if it never made contact.
  package var replica: ReplicaID?
  /// What it said that its branch is called, when it asked for an identity.
  package var name: String?
  package var firstMilliseconds: Int64?
  package var lastMilliseconds: Int64?
  package var isRevoked: Bool

  /// A row of `HubSQL.strangerColumns`.
  init(_ row: [Value]) {
    fingerprint = row[0].asHash ?? .zero
    replica = row[1] == .null ? nil : row[1].asReplica
    name = row[2] == .null ? nil : row[2].asText
    firstMilliseconds = row[3].integerValue
    lastMilliseconds = row[4].integerValue
    isRevoked = row[5].asInteger != 0
  }
}
