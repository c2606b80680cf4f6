package import Basics
internal import SwiftASN1
internal import X509

/// A certificate that the hub's authority has signed, and what the registry keeps of it.
package struct IssuedCertificate: Hashable, Sendable {
  /// X.509, DER.
  package let der: [UInt8]
  /// SHA-256 of `der`.
  package let fingerprint: ContentHash
  package let serialNumber: [UInt8]
  package let notAfterMilliseconds: Int64

  package var pem: String { Transport.pem(of: der) }

  init(_ certificate: Certificate) throws(CredentialError) {
    der = try derBytes(of: certificate)
    fingerprint = ContentHash(of: der)
    serialNumber = Array(certificate.serialNumber.bytes)
    notAfterMilliseconds = milliseconds(certificate.notValidAfter)
  }
}
