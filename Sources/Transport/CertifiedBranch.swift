package import Basics
package import Clocks
internal import SwiftASN1
internal import X509

/// Who is at the other end of a connection, as its certificate says.
///
/// The certificate carries one name: `tributary://<generation>/branch/<replica>`.
package struct CertifiedBranch: Hashable, Sendable {
  package let generation: GenerationID
  package let replica: ReplicaID
  /// SHA-256 of the certificate in DER: which of a replica's certificates it is.
  package let certificateFingerprint: ContentHash

  package init(
    generation: GenerationID, replica: ReplicaID, certificateFingerprint: ContentHash
  ) {
    self.generation = generation
    self.replica = replica
    self.certificateFingerprint = certificateFingerprint
  }

  /// The name inside a device's certificate.
  package static func uri(generation: GenerationID, replica: ReplicaID) -> String {
    "tributary://\(generation)/branch/\(replica.rawValue)"
  }

  /// Reads the name inside a device's certificate; nil for any other spelling.
  package static func parse(uri: String) -> (generation: GenerationID, replica: ReplicaID)? {
    let scheme = "tributary://"
    guard uri.utf8.count <= 96, uri.hasPrefix(scheme) else { return nil }
    let parts = uri.dropFirst(scheme.count).split(
      separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, let generation = GenerationID(parts[0]), let number = UInt32(parts[2])
    else { return nil }
    let replica = ReplicaID(number)
    guard replica != .hub, Self.uri(generation: generation, replica: replica) == uri else {
      return nil
    }
    return (generation, replica)
  }

  /// Reads a certificate whose signature the TLS layer has verified.
  ///
  /// Returns nil if it names no branch, or more than one.
  package init?(certificateDER: [UInt8]) {
    guard certificateDER.count <= TransportLimits.certificateBytesMax,
      let certificate = try? Certificate(derEncoded: certificateDER),
      let names = try? certificate.extensions.subjectAlternativeNames, names.count == 1,
      case .uniformResourceIdentifier(let uri)? = names.first,
      let (generation, replica) = Self.parse(uri: uri)
    else { return nil }
    self.init(
      generation: generation, replica: replica,
      certificateFingerprint: ContentHash(of: certificateDER))
  }
}
