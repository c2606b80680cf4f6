package import Basics
internal import Crypto
internal import SwiftASN1
internal import X509

/// A device's request for a certificate, PKCS #10, whose sender has proved to own the key.
package struct DeviceRequest: Sendable {
  let key: P256.Signing.PublicKey
  /// SHA-256 of the public key's point: the same for every request that is made with one key.
  package let keyFingerprint: ContentHash

  /// Reads and verifies a request in DER. Nothing in it but the key is used.
  package init(der: [UInt8]) throws(CredentialError) {
    guard der.count <= TransportLimits.certificateBytesMax else {
      throw .requestRefused(
        "the request for a certificate is larger than \(TransportLimits.certificateBytesMax) bytes")
    }
    guard let request = try? CertificateSigningRequest(derEncoded: der) else {
      throw .requestRefused("the request for a certificate is not PKCS #10")
    }
    guard let key = P256.Signing.PublicKey(request.publicKey) else {
      throw .requestRefused("the device's key is not on the curve P-256")
    }
    guard request.publicKey.isValidSignature(request.signature, for: request) else {
      throw .requestRefused("the request is not signed with the key it is for")
    }
    self.key = key
    keyFingerprint = ContentHash(of: Array(key.x963Representation))
  }
}
