/// The merge policy in force at the hub.
package struct PolicyResponse: Hashable, Sendable {
  /// 0 before the first was published.
  package var version: UInt64
  /// Its canonical bytes.
  package var encoded: [UInt8]

  package init(version: UInt64, encoded: [UInt8]) {
    self.version = version
    self.encoded = encoded
  }
}
