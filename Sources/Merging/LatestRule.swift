internal import Clocks
internal import Deltas

/// The write with the latest corrected time stands.
///
/// A captured edit comes before what was there before its branch joined, which has no time. At the
/// same millisecond the lower replica number stands; of two without a time, the one that the hub
/// received first.
package struct LatestRule: VersionRule {
  package init() {}
  package var name: String { "latest" }

  package func stands(_ left: Version, over right: Version) -> Bool {
    Self.stands(left, over: right)
  }

  package func explanation(_ standing: Version, over rival: Version) -> MergeExplanation {
    Self.explanation(standing, over: rival)
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

  static func explanation(_ chosen: Version, over rival: Version) -> MergeExplanation {
    switch (chosen.milliseconds, rival.milliseconds) {
    case (.some, nil): .editOverBaseline
    case (nil, _): .firstBaseline
    case (let chosenTime?, let rivalTime?): chosenTime > rivalTime ? .laterWrite : .tieByReplica
    }
  }
}
