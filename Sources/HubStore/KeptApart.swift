/// What the hub keeps of a retired branch until a person decides.
package struct KeptApart: Hashable, Sendable {
  /// The last changeset that the hub has of the chain that was sent, without a gap; 0 if nothing
  /// was sent.
  package var counter: UInt64
  /// How many changesets of the branch are kept.
  package var changesetCount: Int

  package init(counter: UInt64, changesetCount: Int) {
    self.counter = counter
    self.changesetCount = changesetCount
  }

  var sentence: String {
    switch changesetCount {
    case 0: "The hub keeps nothing of it apart from the rest."
    case 1: "The hub keeps one changeset of it, apart from the rest, for a person to decide."
    default:
      """
      The hub keeps \(changesetCount) changesets of it, apart from the rest, for a person to decide.
      """
    }
  }

  static let always = "What it sends is kept at the hub, apart from the rest."
}
