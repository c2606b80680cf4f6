internal import Basics
internal import Clocks
internal import Deltas

/// The write with the latest corrected time stands.
///
/// A captured edit comes before what was there before its branch joined, which has no time. At the
/// same millisecond the lower replica number stands; of two without a time, the one that the hub
/// received first.
package struct LatestRule: MergeRule {
  package init() {}
  package var name: String { "latest" }

  package func choose(
    _ versions: [CellVersion]
  ) -> (standing: Int, explanation: MergeExplanation) {
    invariant(versions.count > 1, "A rule chooses among at least two versions.")
    var standing = 0
    for index in versions.indices.dropFirst()
    where Self.stands(versions[index].version, over: versions[standing].version) {
      standing = index
    }
    let chosen = versions[standing]
    // What it stood against: the best of the others, preferably one with another value.
    let others = versions.indices.filter { $0 != standing }.map { versions[$0] }
    let different = others.filter { $0.value != chosen.value }
    var rival: Version?
    for other in different.isEmpty ? others : different {
      if let best = rival, !Self.stands(other.version, over: best) { continue }
      rival = other.version
    }
    return (standing, rival.map { Self.explanation(chosen.version, over: $0) } ?? .laterWrite)
  }

  /// Whether one version comes before the other: a strict total order over different changesets.
  package static func stands(_ left: Version, over right: Version) -> Bool {
    switch (left.milliseconds, right.milliseconds) {
    case (.some, nil): return true
    case (nil, .some): return false
    case (nil, nil): break
    case (let leftTime?, let rightTime?):
      if leftTime != rightTime { return leftTime > rightTime }
      if left.dot != right.dot {
        return (left.dot.replica, left.dot.counter) < (right.dot.replica, right.dot.counter)
      }
    }
    return (left.position, left.dot.replica, left.dot.counter)
      < (right.position, right.dot.replica, right.dot.counter)
  }

  private static func explanation(_ chosen: Version, over rival: Version) -> MergeExplanation {
    switch (chosen.milliseconds, rival.milliseconds) {
    case (.some, nil): .editOverBaseline
    case (nil, _): .firstBaseline
    case (let chosenTime?, let rivalTime?): chosenTime > rivalTime ? .laterWrite : .tieByReplica
    }
  }
}
