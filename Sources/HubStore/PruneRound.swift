internal import Clocks
internal import Deltas
internal import Storage

/// One walk over everything that may be let go of, step by step.
///
/// It is kept in memory only: whatever was done is done, and a round that was cut short is walked
/// again from its beginning.
struct PruneRound: Hashable, Sendable {
  /// What a round lets go of; see `Pruned`.
  struct Marks: Hashable, Sendable {
    var settled: LogPosition
    var stable: LogPosition
    /// What all have in common now: who hands back has less, and names what is settled besides.
    var common: LogPosition
  }

  /// What is walked, in this order: a record that was made over a cover is younger than the cover.
  enum Stage: Hashable, Sendable { case covers, rows, frames, log, names, done }

  /// A place in a table that is walked in the order of its key.
  struct Place: Hashable, Sendable {
    var table: Int64 = 0
    var key: [UInt8] = []

    static let end = Place(table: .max)
    var parameters: [Value] { [.integer(table), .blob(key)] }
  }

  let marks: Marks
  var stage = Stage.covers
  var after = Place()
  /// The least settled position whose entry some record still needs.
  var neededPosition: LogPosition?

  init(marks: Marks) { self.marks = marks }

  mutating func begin(_ next: Stage) {
    stage = next
    after = Place()
  }

  mutating func need(_ position: LogPosition) {
    neededPosition = min(neededPosition ?? position, position)
  }

  /// Up to here the log's entries may go. The one at `settled` stays, so that the log's hash there
  /// can be compared.
  var logEnd: LogPosition {
    let kept = min(neededPosition ?? marks.settled, marks.settled)
    return LogPosition(kept.rawValue - min(1, kept.rawValue))
  }
}
