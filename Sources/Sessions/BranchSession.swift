internal import Basics
package import Clocks

/// One sync as a branch sees it, as a value: events in, effects out. It never waits and never
/// looks at a clock; what it wants done it returns.
///
/// seal → (upload pieces) → exchange → (download pieces) → apply → … until neither side has
/// anything for the other.
package struct BranchSession: Sendable {
  /// A sealed changeset that the hub has not confirmed.
  package struct Pending: Hashable, Sendable {
    package var changeset: UploadedChangeset
    package init(changeset: UploadedChangeset) { self.changeset = changeset }
  }

  package enum Event: Sendable {
    case started
    /// The journal was sealed; this is the whole outbox, in the order of the counters.
    case sealed(outbox: [Pending])
    case uploadAnswered(byteCount: Int)
    case exchanged(ExchangeResponse, requestBytes: Int)
    /// The delta's beginning that is staged on disk, after an exchange or a download.
    case staged(byteCount: Int)
    case applied(outbox: [Pending])
    /// The request was not answered: connection, timeout, damaged answer.
    case unanswered
    case waited
    case refused(Refusal)
  }

  package enum Effect: Hashable, Sendable {
    case seal
    /// Send the bytes of a changeset from an offset on; with 0 bytes it asks what is there.
    case upload(UploadedChangeset, offset: Int, byteCount: Int)
    case exchange(inline: [UploadedChangeset], uploaded: UploadedChangeset?)
    /// Fetch a piece of the delta and stage it.
    case download(from: LogPosition, to: LogPosition, offset: Int, byteCount: Int)
    /// Apply the staged delta (none if `to` is nil), forget accepted changesets, move the
    /// position: one transaction.
    case apply(ExchangeResponse)
    case wait(milliseconds: Int64)
    case finish(Outcome)
  }

  package enum Outcome: Hashable, Sendable {
    /// Neither side has anything for the other.
    case complete
    /// The hub could not be reached; nothing was lost.
    case unreachable
    case refused(Refusal)
  }

  package init() {}

  package mutating func handle(_ event: Event) -> [Effect] { fatalError("unwritten") }
}
