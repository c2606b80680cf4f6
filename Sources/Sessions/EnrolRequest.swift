/// What a joining device sends with its one-time token.
package struct EnrolRequest: Hashable, Sendable {
  package var tokenSecret: [UInt8]
  /// PKCS #10, DER.
  package var certificateRequest: [UInt8]

  package init(tokenSecret: [UInt8], certificateRequest: [UInt8]) {
    self.tokenSecret = tokenSecret
    self.certificateRequest = certificateRequest
  }
}
