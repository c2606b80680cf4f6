internal import Clocks
internal import Deltas

/// The write with the earliest corrected time stands: who asked first, who signed first.
///
/// What was there before its branch joined comes before any captured edit; of two such, the one
/// that the hub received first. At the same millisecond the lower replica number stands.
package struct FirstRule: VersionRule {
  package init() {}
  package var name: String { "first" }

  package func stands(_ left: Version, over right: Version) -> Bool {
    switch (left.milliseconds, right.milliseconds) {
    case (nil, .some): return true
    case (.some, nil): return false
    case (let leftTime?, let rightTime?) where leftTime != rightTime: return leftTime < rightTime
    default: return LatestRule.stands(left, over: right)
    }
  }

  package func explanation(_ standing: Version, over rival: Version) -> MergeExplanation {
    switch (standing.milliseconds, rival.milliseconds) {
    case (nil, .some): .baselineOverEdit
    case (nil, nil), (.some, nil): .firstBaseline
    case (let standingTime?, let rivalTime?):
      standingTime < rivalTime ? .earlierWrite : .tieByReplica
    }
  }
}
