internal import X509

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
