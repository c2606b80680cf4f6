internal import FoundationEssentials
internal import SwiftASN1
internal import X509

/// Reads one certificate in PEM, within limits.
func readCertificate(pem: String, what: String) throws(CredentialError) -> Certificate {
  guard pem.utf8.count <= TransportLimits.credentialFileBytesMax else {
    throw .malformed(
      what: what, why: "it is larger than \(TransportLimits.credentialFileBytesMax) bytes")
  }
  do {
    return try Certificate(pemEncoded: pem)
  } catch {
    throw .malformed(what: what, why: "it is no certificate in PEM")
  }
}

func derBytes(of certificate: Certificate) throws(CredentialError) -> [UInt8] {
  do {
    var serializer = DER.Serializer()
    try serializer.serialize(certificate)
    return serializer.serializedBytes
  } catch {
    throw .malformed(what: "The certificate", why: "it has no DER form")
  }
}

/// A certificate in DER as PEM, with a line end at the end.
func pem(of der: [UInt8]) -> String {
  PEMDocument(type: Certificate.defaultPEMDiscriminator, derBytes: der).pemString + "\n"
}

func milliseconds(_ date: Date) -> Int64 {
  Int64((date.timeIntervalSince1970 * 1_000).rounded())
}
