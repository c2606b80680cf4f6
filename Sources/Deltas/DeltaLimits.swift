/// What a delta may measure. Checked before anything is allocated or parsed.
package enum DeltaLimits {
  /// One column's value, in bytes. SQLite's own default limit is 10⁹.
  package static let valueBytesMax = 32 << 20
  /// The encoded key of one row, in bytes.
  package static let keyBytesMax = 1 << 16
  /// A block is closed once it has this many raw bytes; one large row may exceed it.
  package static let blockRawBytesTarget = 256 << 10
  /// A block's raw bytes: the target plus one row of the largest size.
  package static let blockRawBytesMax = 40 << 20
  package static let blockRowsMax = 1 << 16
  /// Rows times columns, the key's included.
  package static let blockCellsMax = 1 << 22
  package static let frameBytesMax = 41 << 20
  /// Rows, and blocks, of one changeset.
  package static let changesetRowsMax = 1 << 40
  package static let deltaFramesMax = 1 << 40
  package static let columnsMax = 2_000
  package static let keyColumnsMax = 64
  package static let tablesMax = 10_000
  /// Fits a message.
  package static let schemaBytesMax = 3 << 20
  package static let nameBytesMax = 1 << 10
  package static let sqlBytesMax = 1 << 20
  package static let replicasMax = 100_000
  /// Entries above its position that an entry's author had seen.
  package static let seenEntriesMax = 1 << 16
  package static let conflictValuesMax = 1_000
  package static let conflictsPerFrameMax = 1 << 16
  package static let explanationBytesMax = 4 << 10
  /// Statements of a schema besides its tracked tables.
  package static let statementsMax = 100_000
  /// Rows of one table, as a digest counts them.
  package static let tableRowsMax = 1 << 40
  /// Positions and counters: far from where adding one could overflow.
  package static let ordinalMax: UInt64 = 1 << 62
}
