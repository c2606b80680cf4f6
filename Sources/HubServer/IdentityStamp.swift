internal import Basics
internal import Clocks
internal import HTTPTypes
internal import Transport

/// The header in which a connection's identity travels from the TLS layer to the responder.
///
/// It never leaves the process, and what a client sends under its name is removed.
enum IdentityStamp {
  static let name: HTTPField.Name = {
    guard let name = HTTPField.Name("tributary-identity") else {
      fatalError("Invariant broken: the name of the internal header is a token.")
    }
    return name
  }()

  /// Replaces whatever the client sent.
  static func set(_ branch: CertifiedBranch?, on fields: inout HTTPFields) {
    fields[name] = branch.map {
      "\($0.generation)/\($0.replica.rawValue)/\($0.certificateFingerprint)"
    }
  }

  static func read(_ fields: HTTPFields) -> CertifiedBranch? {
    guard let parts = fields[name]?.split(separator: "/"), parts.count == 3,
      let generation = GenerationID(parts[0]), let replica = UInt32(parts[1]),
      let digest = bytes(hexadecimal: parts[2]), let fingerprint = ContentHash(bytes: digest)
    else { return nil }
    return CertifiedBranch(
      generation: generation, replica: ReplicaID(replica), certificateFingerprint: fingerprint)
  }
}
