package import Clocks

/// Which state of a hub a backup holds.
package struct BackupFacts: Hashable, Sendable {
  /// Counts this hub's backups, from 1.
  package var number: UInt64
  /// The generation at the time.
  package var generation: GenerationID
  /// The log's last position: what branches keep no longer for the hub's sake.
  package var position: LogPosition
  /// When it was made, by the hub's wall clock.
  package var milliseconds: Int64

  package init(
    number: UInt64, generation: GenerationID, position: LogPosition, milliseconds: Int64
  ) {
    self.number = number
    self.generation = generation
    self.position = position
    self.milliseconds = milliseconds
  }
}

/// What a restore came to.
package struct RestoreFacts: Hashable, Sendable {
  package var backup: BackupFacts
  /// The position of what was replaced; nil if there was nothing, or nothing readable.
  package var replacedPosition: LogPosition?
  /// Where a store that could not be read was put aside.
  package var putAside: String?
}
