package import Clocks

/// What a restore came to.
package struct RestoreFacts: Hashable, Sendable {
  package var backup: HubStore.Backup
  /// The position of what was replaced; nil if there was nothing, or nothing readable.
  package var replacedPosition: LogPosition?
  /// Where a store that could not be read was put aside.
  package var putAside: String?
  /// Whether the folder has a history now: its own, or else the backup's.
  package var hasHistory = false
}
