/// The versions of the byte formats. One stands at the head of each changeset, delta and schema.
package enum FormatVersion {
  /// Of changesets and schemas.
  package static let current: UInt64 = 1
  /// Of changesets that name their origin, and of no others but `counted`.
  package static let rechained: UInt64 = 2
  /// Of changesets in which updates may be counted, with an origin or without.
  package static let counted: UInt64 = 3
  /// Of schemas that have changed since the hub was made, in more than columns and tables that may
  /// be NULL, or not there.
  package static let evolvingSchema: UInt64 = 2
  /// Of deltas, as they are written where nothing is withheld. Those of versions 1 and 2 are still
  /// read.
  package static let delta = 3
  /// Of deltas in which what branches wrote for the hub alone is left out.
  package static let withholdingDelta = 4
}

extension FieldReader {
  /// A format version that this build reads; anything else is `unsupportedFormat`.
  mutating func readFormatVersion() throws(DeltaDecodingError) {
    let version = try readVarint()
    guard version == FormatVersion.current else { throw .unsupportedFormat(version) }
  }
}
