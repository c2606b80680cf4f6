internal import Crypto
internal import SwiftASN1
internal import X509

/// A device's private key. It is made on the device and never leaves it.
package struct DeviceKey: Sendable {
  private let key: P256.Signing.PrivateKey

  /// A new key from the system's generator.
  package init() { key = P256.Signing.PrivateKey() }

  package init(pem: String) throws(CredentialError) {
    do {
      key = try P256.Signing.PrivateKey(pemRepresentation: pem)
    } catch {
      throw .malformed(what: "The device's key", why: "it is no P-256 key in PEM")
    }
  }

  /// The key in the folder, made and written first if there is none.
  ///
  /// A join that was interrupted goes on with the same key, so that the hub knows it again.
  package static func loadOrMake(in folder: String) throws(CredentialError) -> DeviceKey {
    try CredentialFile.makePrivateFolder(folder)
    let path = folder + "/" + DeviceIdentity.keyFile
    do {
      return try DeviceKey(pem: try CredentialFile.readText(path))
    } catch .missing {
      let key = DeviceKey()
      try CredentialFile.write(key.pem, to: path, access: .owner)
      return key
    }
  }

  /// PEM. For the device's folder only.
  package var pem: String { key.pemRepresentation + "\n" }

  /// PKCS #10, DER, signed with the key.
  package func certificateRequest() throws(CredentialError) -> [UInt8] {
    do {
      let request = try CertificateSigningRequest(
        version: .v1, subject: try DistinguishedName { CommonName("Tributary device") },
        privateKey: Certificate.PrivateKey(key), attributes: .init(),
        signatureAlgorithm: .ecdsaWithSHA256)
      var serializer = DER.Serializer()
      try serializer.serialize(request)
      return serializer.serializedBytes
    } catch {
      throw .malformed(what: "The request for a certificate", why: "\(error)")
    }
  }

  /// Whether a certificate, in DER, is for this key.
  package func fits(certificateDER: [UInt8]) -> Bool {
    guard let certificate = try? Certificate(derEncoded: certificateDER) else { return false }
    return certificate.publicKey == Certificate.PrivateKey(key).publicKey
  }
}
