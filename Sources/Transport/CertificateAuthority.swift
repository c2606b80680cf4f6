package import Basics
package import Clocks
internal import Crypto
internal import FoundationEssentials
internal import SwiftASN1
internal import X509

/// The hub's own certificate authority: says which server is the hub, and which device is which
/// branch. RFC 5280, ECDSA on P-256 with SHA-256 throughout.
package struct CertificateAuthority: Sendable {
  private let certificate: Certificate
  private let key: P256.Signing.PrivateKey
  /// X.509, PEM: public, and what branches keep to know their hub by.
  package let certificatePEM: String
  /// SHA-256 of the certificate in DER: what a token carries.
  package let fingerprint: ContentHash

  /// The private key, PEM. For the hub's folder only.
  package var keyPEM: String { key.pemRepresentation + "\n" }

  /// A new authority with a new key, good for 10 years.
  package static func make(
    generation: GenerationID, wallMilliseconds: Int64
  ) throws(CredentialError) -> CertificateAuthority {
    let key = P256.Signing.PrivateKey()
    let issuer = Certificate.PrivateKey(key)
    do {
      let name = try DistinguishedName {
        OrganizationName("Tributary")
        CommonName("Tributary hub \(generation)")
      }
      let certificate = try Certificate(
        version: .v3, serialNumber: .init(), publicKey: issuer.publicKey,
        notValidBefore: date(wallMilliseconds - CredentialLifetimes.backdating),
        notValidAfter: date(wallMilliseconds + CredentialLifetimes.authority),
        issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
        extensions: Certificate.Extensions {
          Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
          Critical(KeyUsage(keyCertSign: true, cRLSign: true))
          SubjectKeyIdentifier(hash: issuer.publicKey)
        },
        issuerPrivateKey: issuer)
      return try CertificateAuthority(certificate: certificate, key: key)
    } catch let error as CredentialError {
      throw error
    } catch {
      throw .malformed(what: "The new certificate authority", why: "\(error)")
    }
  }

  /// Reads what `certificatePEM` and `keyPEM` give; the two must belong together.
  package init(certificatePEM: String, keyPEM: String) throws(CredentialError) {
    let certificate = try readCertificate(pem: certificatePEM, what: "The CA's certificate")
    let key: P256.Signing.PrivateKey
    do {
      key = try P256.Signing.PrivateKey(pemRepresentation: keyPEM)
    } catch {
      throw .malformed(what: "The CA's key", why: "it is no P-256 key in PEM")
    }
    guard Certificate.PrivateKey(key).publicKey == certificate.publicKey else {
      throw .malformed(what: "The CA's key", why: "it does not belong to the CA's certificate")
    }
    try self.init(certificate: certificate, key: key)
  }

  private init(certificate: Certificate, key: P256.Signing.PrivateKey) throws(CredentialError) {
    let der = try derBytes(of: certificate)
    self.certificate = certificate
    self.key = key
    certificatePEM = pem(of: der)
    fingerprint = ContentHash(of: der)
  }

  /// A certificate for the hub's server under the given DNS names and IP addresses, at least one.
  package func issueServerCertificate(
    hostNames: [String], wallMilliseconds: Int64
  ) throws(CredentialError) -> ServerCertificate {
    guard !hostNames.isEmpty, hostNames.count <= TransportLimits.hostNamesMax else {
      throw .requestRefused(
        "a server certificate needs 1 to \(TransportLimits.hostNamesMax) host names")
    }
    var names: [GeneralName] = []
    for name in hostNames { names.append(try HostName.generalName(name)) }
    let serverKey = P256.Signing.PrivateKey()
    let issued = try issue(
      to: Certificate.PrivateKey(serverKey).publicKey, commonName: "Tributary hub",
      names: names, usage: .serverAuth,
      notBefore: wallMilliseconds - CredentialLifetimes.backdating,
      notAfter: wallMilliseconds + CredentialLifetimes.server)
    return ServerCertificate(
      certificatePEM: issued.pem, keyPEM: serverKey.pemRepresentation + "\n",
      hostNames: hostNames, notAfterMilliseconds: issued.notAfterMilliseconds, keyFits: true)
  }

  /// A certificate that says: whoever has this key is this branch. Good for 5 years.
  package func issueDeviceCertificate(
    for request: DeviceRequest, generation: GenerationID, replica: ReplicaID,
    wallMilliseconds: Int64
  ) throws(CredentialError) -> IssuedCertificate {
    invariant(replica != .hub, "The hub is no branch and gets no device certificate.")
    return try issue(
      to: Certificate.PublicKey(request.key), commonName: "Tributary branch \(replica.rawValue)",
      names: [
        .uniformResourceIdentifier(CertifiedBranch.uri(generation: generation, replica: replica))
      ],
      usage: .clientAuth,
      notBefore: wallMilliseconds - CredentialLifetimes.deviceBackdating,
      notAfter: wallMilliseconds + CredentialLifetimes.device)
  }

  private func issue(
    to publicKey: Certificate.PublicKey, commonName: String, names: [GeneralName],
    usage: ExtendedKeyUsage.Usage, notBefore: Int64, notAfter: Int64
  ) throws(CredentialError) -> IssuedCertificate {
    do {
      let authorityKeyID = try certificate.extensions.subjectKeyIdentifier?.keyIdentifier
      // Nothing outlives the authority that vouches for it.
      let end = min(date(notAfter), certificate.notValidAfter)
      let issued = try Certificate(
        version: .v3, serialNumber: .init(), publicKey: publicKey,
        notValidBefore: date(notBefore), notValidAfter: end,
        issuer: certificate.subject,
        subject: try DistinguishedName {
          OrganizationName("Tributary")
          CommonName(commonName)
        },
        signatureAlgorithm: .ecdsaWithSHA256,
        extensions: Certificate.Extensions {
          Critical(BasicConstraints.notCertificateAuthority)
          Critical(KeyUsage(digitalSignature: true))
          try ExtendedKeyUsage([usage])
          SubjectAlternativeNames(names)
          SubjectKeyIdentifier(hash: publicKey)
          AuthorityKeyIdentifier(keyIdentifier: authorityKeyID)
        },
        issuerPrivateKey: Certificate.PrivateKey(key))
      return try IssuedCertificate(issued)
    } catch let error as CredentialError {
      throw error
    } catch {
      throw .malformed(what: "The new certificate", why: "\(error)")
    }
  }
}

func date(_ milliseconds: Int64) -> Date {
  Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
}
