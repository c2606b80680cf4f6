/// What a frame holds. Streams of changesets and deltas are sequences of frames.
package enum FrameType: UInt8, Hashable, Sendable {
  // A changeset: header, blocks, trailer.
  case changesetHeader = 1
  case block = 2
  case changesetTrailer = 3
  // A delta: its header; for each log entry an entry head, the author's blocks unless the receiver
  // is the author, the outcomes of contested rows, the conflicts found; a trailer. The author's
  // blocks stand behind the author's header.
  case deltaHeader = 4
  case entry = 5
  case outcome = 6
  /// As they were written before format 3 of deltas.
  case conflicts = 7
  case deltaTrailer = 8
  // In place of a block that is left out.
  case stub = 9
  // In a delta: conflicts.
  case ledger = 10
}
