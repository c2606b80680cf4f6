package import Basics
package import Clocks

/// Push and pull in one round trip: small changesets inline, then everything new from the log.
package struct ExchangeRequest: Hashable, Sendable {
  package var schemaFingerprint: ContentHash
  /// The generation and position that the branch has durably integrated: its acknowledgement.
  /// Nil before its first exchange.
  package var integrated: CausalContext?
  /// The branch's wall clock while sending.
  package var wallMilliseconds: Int64
  /// Whole changeset streams, in the order of their counters.
  package var changesets: [[UInt8]]
  /// A changeset that was uploaded in pieces and is to be accepted now, before `changesets`.
  package var uploaded: UploadedChangeset?
  /// Where a partly staged delta from the integrated position ends. The hub ends its answer there
  /// too, so that a slow transfer goes on while the log grows; what is newer comes next time.
  package var resumeTo: LogPosition?

  package init(
    schemaFingerprint: ContentHash, integrated: CausalContext?, wallMilliseconds: Int64,
    changesets: [[UInt8]], uploaded: UploadedChangeset?, resumeTo: LogPosition? = nil
  ) {
    self.schemaFingerprint = schemaFingerprint
    self.integrated = integrated
    self.wallMilliseconds = wallMilliseconds
    self.changesets = changesets
    self.uploaded = uploaded
    self.resumeTo = resumeTo
  }
}
