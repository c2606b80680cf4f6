/// Why the standing value stands, made by the merge itself.
package enum MergeExplanation: Hashable, Sendable {
  /// The latest of the concurrent writes by corrected time.
  case laterWrite
  /// Written at the same millisecond: the branch with the lower number stands.
  case tieByReplica
  /// A captured edit stands over rows that were there before their branch joined.
  case editOverBaseline
  /// Both were there before their branches joined: the one the hub had first stands.
  case firstBaseline
  /// A change to the row stands over a concurrent deletion, and brings back the whole row.
  case updateOverDelete

  /// One sentence for people.
  package var sentence: String {
    switch self {
    case .laterWrite:
      "Neither branch had seen the other's value; the one written later stands."
    case .tieByReplica:
      """
      Neither branch had seen the other's value, and both were written at the same millisecond; \
      the branch with the lower number stands.
      """
    case .editOverBaseline:
      """
      Neither branch had seen the other's value; the edit stands over the value that was there \
      before its branch joined.
      """
    case .firstBaseline:
      """
      Both values were there before their branches joined; the one that the hub received first \
      stands.
      """
    case .updateOverDelete:
      """
      One branch changed the row while another, without having seen the change, deleted it; the \
      change stands, and the whole row is kept.
      """
    }
  }
}
