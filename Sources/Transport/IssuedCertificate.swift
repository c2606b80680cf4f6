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

/// What the hub's server shows to prove that it is the hub.
package struct ServerCertificate: Hashable, Sendable {
  package let certificatePEM: String
  package let keyPEM: String
  /// DNS names and IP addresses, as text.
  package let hostNames: [String]
  package let notAfterMilliseconds: Int64
  /// Whether the key is the one that the certificate is for.
  package let keyFits: Bool

  init(
    certificatePEM: String, keyPEM: String, hostNames: [String], notAfterMilliseconds: Int64,
    keyFits: Bool
  ) {
    self.certificatePEM = certificatePEM
    self.keyPEM = keyPEM
    self.keyFits = keyFits
    self.hostNames = hostNames
    self.notAfterMilliseconds = notAfterMilliseconds
  }

  /// Takes the two files' contents; the names come from the certificate.
  package init(certificatePEM: String, keyPEM: String) throws(CredentialError) {
    let certificate = try readCertificate(pem: certificatePEM, what: "The server's certificate")
    let names = (try? certificate.extensions.subjectAlternativeNames).map { Array($0) } ?? []
    self.init(
      certificatePEM: certificatePEM, keyPEM: keyPEM,
      hostNames: names.compactMap(HostName.text),
      notAfterMilliseconds: milliseconds(certificate.notValidAfter),
      keyFits: (try? Certificate.PrivateKey(pemEncoded: keyPEM))?.publicKey
        == certificate.publicKey)
  }
}

/// What a certificate file says, for `doctor` and `status`.
package struct CertificateFacts: Hashable, Sendable {
  package let notBeforeMilliseconds: Int64
  package let notAfterMilliseconds: Int64
  /// SHA-256 of the certificate in DER.
  package let fingerprint: ContentHash

  package init(pem: String) throws(CredentialError) {
    let certificate = try readCertificate(pem: pem, what: "The certificate")
    notBeforeMilliseconds = milliseconds(certificate.notValidBefore)
    notAfterMilliseconds = milliseconds(certificate.notValidAfter)
    fingerprint = ContentHash(of: try derBytes(of: certificate))
  }
}
