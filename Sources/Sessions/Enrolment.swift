internal import Basics
package import Clocks
package import Deltas

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

package struct EnrolResponse: Hashable, Sendable {
  package var replica: ReplicaID
  package var branch: String
  /// X.509, DER.
  package var certificate: [UInt8]
  package var generation: GenerationID
  package var schema: Schema

  package init(
    replica: ReplicaID, branch: String, certificate: [UInt8], generation: GenerationID,
    schema: Schema
  ) {
    self.replica = replica
    self.branch = branch
    self.certificate = certificate
    self.generation = generation
    self.schema = schema
  }
}
