/// The version of the byte formats of changesets, deltas and schemas. Stands at the head of each.
package enum FormatVersion {
  package static let current: UInt64 = 1
}

extension FieldReader {
  /// A format version that this build reads; anything else is `unsupportedFormat`.
  mutating func readFormatVersion() throws(DeltaDecodingError) {
    let version = try readVarint()
    guard version == FormatVersion.current else { throw .unsupportedFormat(version) }
  }
}
