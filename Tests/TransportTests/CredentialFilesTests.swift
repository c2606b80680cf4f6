import Clocks
import Foundation
import TestSupport
import Testing
import Transport

private let noon: Int64 = 1_750_000_000_000
private let generation = GenerationID(high: 1, low: 2)

private func mode(_ path: String) throws -> Int {
  let attributes = try FileManager.default.attributesOfItem(atPath: path)
  return try #require(attributes[.posixPermissions] as? Int)
}

@Suite struct DeviceFolderTests {
  private let temporary: TemporaryFolder
  private let folder: String
  private let authority: CertificateAuthority

  init() throws {
    temporary = try TemporaryFolder()
    folder = DeviceIdentity.folder(ofDatabase: temporary.path("branch.db"))
    authority = try CertificateAuthority.make(generation: generation, wallMilliseconds: noon)
  }

  private func identity(_ key: DeviceKey) throws -> DeviceIdentity {
    let device = try DeviceRequest(der: try key.certificateRequest())
    let issued = try authority.issueDeviceCertificate(
      for: device, generation: generation, replica: ReplicaID(3), wallMilliseconds: noon)
    return try DeviceIdentity(
      key: key, certificateDER: issued.der, authorityPEM: authority.certificatePEM)
  }

  @Test func keepsTheKeyToItself() throws {
    let key = try DeviceKey.loadOrMake(in: folder)
    #expect(folder.hasSuffix("branch.db-tributary"))
    #expect(try mode(folder) == 0o700)
    #expect(try mode(folder + "/key.pem") == 0o600)
    #expect(try DeviceKey.loadOrMake(in: folder).pem == key.pem)
    let identity = try identity(key)
    try identity.save(in: folder)
    #expect(try mode(folder + "/key.pem") == 0o600)
    #expect(try DeviceIdentity(folder: folder) == identity)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        == ["ca.pem", "device.pem", "key.pem"])
    try DeviceIdentity.remove(from: folder)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    try DeviceIdentity.remove(from: folder)
  }

  @Test func tightensAFolderThatWasOpen() throws {
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o755])
    _ = try DeviceKey.loadOrMake(in: folder)
    #expect(try mode(folder) == 0o700)
  }

  @Test func saysWhatIsMissingOrBroken() throws {
    #expect(throws: CredentialError.missing(path: folder + "/key.pem")) {
      try DeviceIdentity(folder: folder)
    }
    let missing = temporary.path("no/such/folder")
    #expect {
      try DeviceKey.loadOrMake(in: missing)
    } throws: { error in
      guard case .file(missing, let why)? = error as? CredentialError else { return false }
      return why == "No such file or directory"
    }
    _ = try DeviceKey.loadOrMake(in: folder)
    try Data("no key".utf8).write(to: URL(fileURLWithPath: folder + "/key.pem"))
    #expect(throws: CredentialError.self) { try DeviceKey.loadOrMake(in: folder) }
    try Data(count: 1 << 17).write(to: URL(fileURLWithPath: folder + "/key.pem"))
    #expect(throws: CredentialError.self) { try DeviceKey.loadOrMake(in: folder) }
  }

  @Test func aCertificateForAnotherKeyIsRefused() throws {
    let good = try identity(DeviceKey())
    let pem = try CertificateFacts(pem: good.certificatePEM)
    #expect(pem.notAfterMilliseconds == noon + CredentialLifetimes.device)
    let device = try DeviceRequest(der: try DeviceKey().certificateRequest())
    let issued = try authority.issueDeviceCertificate(
      for: device, generation: generation, replica: ReplicaID(3), wallMilliseconds: noon)
    #expect(throws: CredentialError.self) {
      try DeviceIdentity(
        key: DeviceKey(), certificateDER: issued.der, authorityPEM: authority.certificatePEM)
    }
  }
}

@Suite struct HubCredentialsTests {
  private let temporary: TemporaryFolder
  private let folder: String

  init() throws {
    temporary = try TemporaryFolder()
    folder = HubCredentials.folder(ofHub: temporary.url.path)
  }

  private func make(_ names: [String] = ["hub.example"]) throws -> HubCredentials {
    try HubCredentials.make(
      folder: folder, generation: generation, hostNames: names, wallMilliseconds: noon)
  }

  @Test func areReadBackAndNeverReplaced() throws {
    let made = try make(["hub.example", "LOCALHOST"])
    #expect(made.server.hostNames == ["hub.example", "localhost", "127.0.0.1", "::1"])
    for (file, expected) in [
      ("ca.key", 0o600), ("server.key", 0o600), ("ca.pem", 0o644), ("server.pem", 0o644),
    ] { #expect(try mode(folder + "/" + file) == expected) }
    let read = try HubCredentials(folder: folder)
    #expect(read.server == made.server)
    #expect(read.authority.fingerprint == made.authority.fingerprint)
    #expect(throws: CredentialError.self) { try make() }
    #expect(try HubCredentials(folder: folder).authority.fingerprint == made.authority.fingerprint)
  }

  @Test func theServerCertificateIsRenewedInTime() throws {
    let made = try make()
    let due = CredentialLifetimes.server - CredentialLifetimes.serverRenewal
    #expect(try made.renewedIfDue(wallMilliseconds: noon + due).server == made.server)
    let later = noon + due + 1_000
    let renewed = try made.renewedIfDue(wallMilliseconds: later)
    #expect(renewed.server.notAfterMilliseconds == later + CredentialLifetimes.server)
    #expect(renewed.server.hostNames == made.server.hostNames)
    #expect(renewed.authority.fingerprint == made.authority.fingerprint)
    #expect(try HubCredentials(folder: folder).server == renewed.server)
  }

  @Test func aNewNameIsAddedToTheServerCertificate() throws {
    let made = try make()
    #expect(
      try made.renewedIfDue(addingHostNames: ["127.0.0.1"], wallMilliseconds: noon).server
        == made.server)
    let renewed = try made.renewedIfDue(addingHostNames: ["10.0.0.7"], wallMilliseconds: noon)
    #expect(renewed.server.hostNames.contains("10.0.0.7"))
    #expect(renewed.server.hostNames.contains("hub.example"))
  }

  @Test(arguments: [nil, "nonsense", "other"])
  func aServerKeyThatDoesNotFitIsReplaced(_ content: String?) throws {
    let made = try make()
    let path = folder + "/server.key"
    if content == "other" {
      let other = try made.authority.issueServerCertificate(
        hostNames: ["a"], wallMilliseconds: noon)
      try Data(other.keyPEM.utf8).write(to: URL(fileURLWithPath: path))
    } else if let content {
      try Data(content.utf8).write(to: URL(fileURLWithPath: path))
    } else {
      try FileManager.default.removeItem(atPath: path)
    }
    let read = try HubCredentials(folder: folder)
    #expect(!read.server.keyFits)
    let healed = try read.renewedIfDue(wallMilliseconds: noon)
    #expect(healed.server.keyFits)
    #expect(healed.server.hostNames == made.server.hostNames)
    #expect(try HubCredentials(folder: folder).server == healed.server)
  }
}
