internal import Deltas

/// The least value stands, in SQLite's order: numbers by what they are worth, whether integer or
/// real, then text and blobs by their bytes. NULL never stands over a value.
///
/// Of values that are worth the same the latest stands.
package struct LeastRule: ChoosingRule {
  package init() {}
  package var name: String { "least" }

  package func stands(_ left: CellVersion, over right: CellVersion) -> Bool {
    if (left.value == .null) != (right.value == .null) { return right.value == .null }
    if Value.sortsBefore(left.value, right.value) { return true }
    if Value.sortsBefore(right.value, left.value) { return false }
    return LatestRule.stands(left.version, over: right.version)
  }

  package func explanation(
    _ standing: CellVersion, over rival: CellVersion
  ) -> MergeExplanation {
    if rival.value == .null, standing.value != .null { return .valueOverNull }
    return Value.sortsBefore(standing.value, rival.value) ? .lesserValue : .equalValues
  }
}
