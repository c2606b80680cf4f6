package import Clocks

/// What was said of one conflict, the last first.
///
/// Both ledgers keep what was said before below what was said last: a hub that is put back to
/// before it said that has the former again.
extension Conflict {
  /// This, and what was said before. Of more than `countMax` the first and the last are kept; of
  /// more than `bytesMax` bytes first the first goes on being kept.
  package func over(_ former: [Conflict], countMax: Int, bytesMax: Int) -> [Conflict] {
    var kept = former.filter { $0.position < position }
    if kept.count >= countMax { kept = Array(kept.prefix(countMax - 2)) + kept.suffix(1) }
    while !kept.isEmpty, Self.payload(of: [self] + kept).count > bytesMax { kept.removeFirst() }
    return [self] + kept
  }

  /// What of it somebody needs who may be put back to any position from `durable` on: the oldest
  /// first.
  package static func said(_ said: [Conflict], since durable: LogPosition) -> [Conflict] {
    let later = said.prefix { $0.position > durable }
    return said.prefix(later.count + 1).reversed()
  }
}
