internal import Deltas

/// The write with the latest corrected time stands.
package struct LatestRule: MergeRule {
  package init() {}
  package var name: String { "latest" }

  package func choose(
    _ versions: [CellVersion]
  ) -> (standing: Int, explanation: MergeExplanation) { fatalError("unwritten") }
}
