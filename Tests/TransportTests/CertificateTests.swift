import Basics
import Clocks
import Crypto
import Foundation
import SwiftASN1
import TestSupport
import Testing
import Transport
@_spi(FixedExpiryValidationTime) import X509

private let noon: Int64 = 1_750_000_000_000
private let generation = GenerationID(high: 0xfeed, low: 7)

private func certificate(_ pem: String) throws -> Certificate { try Certificate(pemEncoded: pem) }

private func verifies(
  _ pem: String, under authority: CertificateAuthority, at milliseconds: Int64
) async throws -> Bool {
  let root = try certificate(authority.certificatePEM)
  let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
  var verifier = Verifier(rootCertificates: CertificateStore([root])) {
    RFC5280Policy(fixedExpiryValidationTime: date)
  }
  let result = await verifier.validate(
    leaf: try certificate(pem), intermediates: CertificateStore())
  if case .validCertificate = result { return true }
  return false
}

@Suite struct CertificateAuthorityTests {
  private let authority: CertificateAuthority

  init() throws {
    authority = try CertificateAuthority.make(generation: generation, wallMilliseconds: noon)
  }

  @Test func isReadBackFromItsFiles() throws {
    let read = try CertificateAuthority(
      certificatePEM: authority.certificatePEM, keyPEM: authority.keyPEM)
    #expect(read.fingerprint == authority.fingerprint)
    #expect(read.certificatePEM == authority.certificatePEM)
    let other = try CertificateAuthority.make(generation: generation, wallMilliseconds: noon)
    #expect(throws: CredentialError.self) {
      try CertificateAuthority(certificatePEM: authority.certificatePEM, keyPEM: other.keyPEM)
    }
    #expect(throws: CredentialError.self) {
      try CertificateAuthority(certificatePEM: "nonsense", keyPEM: authority.keyPEM)
    }
  }

  @Test func isAnAuthorityAndNothingElse() throws {
    let root = try certificate(authority.certificatePEM)
    #expect(
      try root.extensions.basicConstraints == .isCertificateAuthority(maxPathLength: 0))
    #expect(try root.extensions.keyUsage == KeyUsage(keyCertSign: true, cRLSign: true))
    let facts = try CertificateFacts(pem: authority.certificatePEM)
    #expect(facts.fingerprint == authority.fingerprint)
    #expect(facts.notAfterMilliseconds == noon + CredentialLifetimes.authority)
  }

  @Test func serverCertificateVerifiesFromAYearBeforeToAYearAfter() async throws {
    let server = try authority.issueServerCertificate(
      hostNames: ["Hub.Example", "127.0.0.1", "::1"], wallMilliseconds: noon)
    let year = 365 * CredentialLifetimes.day
    for milliseconds in [noon - year, noon, noon + year] {
      #expect(try await verifies(server.certificatePEM, under: authority, at: milliseconds))
    }
    let end = server.notAfterMilliseconds
    #expect(try await !verifies(server.certificatePEM, under: authority, at: end + 1_000))
    #expect(CredentialLifetimes.server + CredentialLifetimes.backdating <= 825 * 86_400_000)
    let leaf = try certificate(server.certificatePEM)
    #expect(
      try leaf.extensions.subjectAlternativeNames.map(Array.init) == [
        .dnsName("hub.example"), .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
        .ipAddress(
          ASN1OctetString(contentBytes: ([UInt8](repeating: 0, count: 15) + [1])[...])),
      ])
    #expect(try leaf.extensions.extendedKeyUsage == ExtendedKeyUsage([.serverAuth]))
    #expect(try leaf.extensions.basicConstraints == .notCertificateAuthority)
    let read = try ServerCertificate(certificatePEM: server.certificatePEM, keyPEM: server.keyPEM)
    #expect(read.hostNames == ["hub.example", "127.0.0.1", "::1"])
    #expect(read.keyFits)
  }

  @Test(arguments: ["", "a b", "-a", "a..b", "分行", "hub:8443", "*.example"])
  func badHostNamesAreRefused(_ name: String) {
    #expect(throws: CredentialError.self) {
      try authority.issueServerCertificate(hostNames: [name], wallMilliseconds: noon)
    }
  }

  @Test func deviceCertificateNamesTheBranchAndVerifies() async throws {
    let device = try DeviceRequest(der: try DeviceKey().certificateRequest())
    let issued = try authority.issueDeviceCertificate(
      for: device, generation: generation, replica: ReplicaID(42), wallMilliseconds: noon)
    #expect(try await verifies(issued.pem, under: authority, at: noon))
    let end = noon + CredentialLifetimes.device
    #expect(issued.notAfterMilliseconds == end)
    #expect(try await verifies(issued.pem, under: authority, at: end - 1_000))
    #expect(try await !verifies(issued.pem, under: authority, at: end + 1_000))
    let other = try CertificateAuthority.make(generation: generation, wallMilliseconds: noon)
    #expect(try await !verifies(issued.pem, under: other, at: noon))

    let branch = try #require(CertifiedBranch(certificateDER: issued.der))
    #expect(branch.replica == ReplicaID(42))
    #expect(branch.generation == generation)
    #expect(branch.certificateFingerprint == issued.fingerprint)
    let leaf = try certificate(issued.pem)
    #expect(try leaf.extensions.extendedKeyUsage == ExtendedKeyUsage([.clientAuth]))
    #expect(try leaf.extensions.keyUsage == KeyUsage(digitalSignature: true))
    #expect(
      try leaf.extensions.subjectAlternativeNames.map(Array.init) == [
        .uniformResourceIdentifier("tributary://000000000000feed0000000000000007/branch/42")
      ])
  }

  @Test func requestsWithoutProofOfPossessionAreRefused() throws {
    let request = try DeviceKey().certificateRequest()
    #expect(throws: Never.self) { try DeviceRequest(der: request) }
    for index in request.indices {
      var altered = request
      altered[index] ^= 0x20
      #expect(throws: CredentialError.self) { try DeviceRequest(der: altered) }
    }
    for count in [0, 1, request.count / 2, request.count - 1] {
      #expect(throws: CredentialError.self) { try DeviceRequest(der: Array(request.prefix(count))) }
    }
    #expect(throws: CredentialError.self) {
      try DeviceRequest(der: [UInt8](repeating: 0x30, count: 1 << 20))
    }
  }

  @Test func requestsWithAnotherKindOfKeyAreRefused() throws {
    let key = Certificate.PrivateKey(P384.Signing.PrivateKey())
    let request = try CertificateSigningRequest(
      version: .v1, subject: DistinguishedName(), privateKey: key, attributes: .init())
    var serializer = DER.Serializer()
    try serializer.serialize(request)
    let bytes = serializer.serializedBytes
    #expect(throws: CredentialError.self) { try DeviceRequest(der: bytes) }
  }

  @Test func oneKeyIsRecognizedInEveryRequestOfIts() throws {
    let key = DeviceKey()
    let first = try DeviceRequest(der: try key.certificateRequest())
    let second = try DeviceRequest(der: try DeviceKey(pem: key.pem).certificateRequest())
    let other = try DeviceRequest(der: try DeviceKey().certificateRequest())
    #expect(first.keyFingerprint == second.keyFingerprint)
    #expect(first.keyFingerprint != other.keyFingerprint)
  }

  @Test func serverCertificatesAndForeignNamesAreNoIdentity() throws {
    let server = try authority.issueServerCertificate(
      hostNames: ["localhost"], wallMilliseconds: noon)
    let pem = try PEMDocument(pemString: server.certificatePEM)
    #expect(CertifiedBranch(certificateDER: pem.derBytes) == nil)
    #expect(CertifiedBranch(certificateDER: [1, 2, 3]) == nil)
  }

  @Test(arguments: [
    "tributary://000000000000feed0000000000000007/branch/0",
    "tributary://000000000000feed0000000000000007/branch/042",
    "tributary://000000000000feed0000000000000007/branch/+42",
    "tributary://000000000000feed0000000000000007/branch/42/",
    "tributary://000000000000FEED0000000000000007/branch/42",
    "tributary://000000000000feed0000000000000007/hub/42",
    "tributary://000000000000feed/branch/42", "https://hub/branch/42", "",
  ])
  func otherSpellingsOfANameAreRefused(_ uri: String) {
    #expect(CertifiedBranch.parse(uri: uri) == nil)
  }
}
