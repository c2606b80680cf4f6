package import Basics

extension Schema {
  /// Canonical bytes: what the hub sends to a joining branch and both sides keep.
  package var encoded: [UInt8] { fatalError("unwritten") }

  package init(encoded: [UInt8]) throws(DeltaDecodingError) { fatalError("unwritten") }

  /// A digest of the tables and columns being synced; both sides must match. Names, numbers, keys,
  /// affinities and collations count; the wording of CREATE statements does not.
  package var fingerprint: ContentHash { fatalError("unwritten") }
}
