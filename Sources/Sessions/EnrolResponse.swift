package import Clocks
package import Deltas

/// What a device gets for its token: who it is, how it proves that, and what it will hold.
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
