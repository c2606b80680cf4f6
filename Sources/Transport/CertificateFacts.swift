package import Basics
internal import X509

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
