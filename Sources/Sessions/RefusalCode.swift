/// Why the hub did nothing. Stable numbers: what a branch does next depends on them.
package enum RefusalCode: UInt16, Hashable, Sendable, CaseIterable {
  case malformed = 1
  case unsupportedProtocol = 2
  case notAllowed = 3
  case revoked = 4
  case schemaMismatch = 5
  /// The changeset does not continue the chain that the hub knows: the database was restored from
  /// a copy, or cloned.
  case chainBroken = 6
  /// The branch's position is not in this hub's log.
  case unknownPosition = 7
  case tooLarge = 8
  case tokenUnknown = 9
  case tokenUsed = 10
  case tokenExpired = 11
  case busy = 12
  case storage = 13
}
