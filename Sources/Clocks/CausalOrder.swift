/// How two histories relate. A partial order: there is deliberately no `Comparable`.
package enum CausalOrder: Hashable, Sendable {
  case equal
  case before
  case after
  /// Neither includes the other.
  case concurrent
}
