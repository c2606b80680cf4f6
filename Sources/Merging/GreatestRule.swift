internal import Deltas

/// The greatest value stands, in SQLite's order: numbers by what they are worth, whether integer or
/// real, then text and blobs by their bytes. NULL never stands over a value.
///
/// Of values that are worth the same the latest stands.
package struct GreatestRule: ChoosingRule {
  package init() {}
  package var name: String { "greatest" }

  package func stands(_ left: CellVersion, over right: CellVersion) -> Bool {
    if Value.sortsBefore(right.value, left.value) { return true }
    if Value.sortsBefore(left.value, right.value) { return false }
    return LatestRule.stands(left.version, over: right.version)
  }

  package func explanation(
    _ standing: CellVersion, over rival: CellVersion
  ) -> MergeExplanation {
    if rival.value == .null, standing.value != .null { return .valueOverNull }
    return Value.sortsBefore(rival.value, standing.value) ? .greaterValue : .equalValues
  }
}
