/// Something that happens in a history. Each carries all its chance with it, so that leaving one
/// out changes nothing about the others.
package enum HistoryEvent: Hashable, Sendable {
  /// A program writes at a device; what, the number says.
  case write(device: Int, chance: UInt64)
  /// A program writes the columns whose bits are set, all of them if the row is not there; with
  /// none it deletes the row. For histories that are written down.
  case edit(device: Int, row: Int, columns: UInt)
  /// A device begins or goes on with a sync, for some messages.
  case sync(device: Int, messages: Int, chance: UInt64)
  /// A sync that reaches nobody: what was written is sealed.
  case seal(device: Int)
  /// A program writes while nothing captures it. A comparison finds it.
  case gap(device: Int, chance: UInt64)
  /// A message arrives, and its answer never does.
  case unheard(device: Int)
  case crash(device: Int)
  case copyBranch(device: Int)
  case restoreBranch(device: Int, age: Int)
  /// A second device goes on with a copy.
  case cloneBranch(device: Int)
  /// A copied file joins with a token.
  case joinCopy(device: Int)
  case joinNew
  case startHub
  case backUpHub
  case restoreHub(age: Int)
  case copyHub
  /// Memory and disk of the hub are what they were, and it does not know.
  case turnBackHub(age: Int)
  case prune
  case setClock(device: Int, chance: UInt64)
  case pass(milliseconds: Int64)
  /// A delayed or doubled request arrives.
  case late(Int)
  case retire(device: Int)
  case replaySalvage
  case repair(device: Int)
  case loseDevice(device: Int)
}
