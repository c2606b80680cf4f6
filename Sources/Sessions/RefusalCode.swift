/// Why the hub did nothing. Stable numbers: what a branch does next depends on them.
package enum RefusalCode: UInt16, Hashable, Sendable, CaseIterable {
  case malformed = 1
  case unsupportedProtocol = 2
  case notAllowed = 3
  case revoked = 4
  case schemaMismatch = 5
  /// The branch does not continue the chain that the hub knows: its database is a copy, or was
  /// restored from one. It takes an identity of its own and goes on.
  case chainBroken = 6
  /// The branch's place is not in this hub's log: the hub was restored, and the branch hands back
  /// what it has; or it is another hub.
  case unknownPosition = 7
  case tooLarge = 8
  case tokenUnknown = 9
  case tokenUsed = 10
  case tokenExpired = 11
  case busy = 12
  case storage = 13
  /// The branch must not come back; what it sent was put aside. It sends the rest of what the hub
  /// lacks, and stops.
  case retired = 14
  /// The hub keeps the table's rows to itself, and compares and shows none.
  case withheld = 15
}
