package import Clocks

/// What the hub has made of a part of a branch's tail.
package struct HandBackResponse: Hashable, Sendable {
  /// What the branch's place is called from now on.
  package var place: CausalContext
  /// Where the hub's log has each entry that was handed back, in their order.
  package var positions: [LogPosition]
  /// How many positions of the lost timeline nobody has handed back, as far as the hub knows now.
  package var lossCount: UInt64

  package init(place: CausalContext, positions: [LogPosition], lossCount: UInt64) {
    self.place = place
    self.positions = positions
    self.lossCount = lossCount
  }
}
