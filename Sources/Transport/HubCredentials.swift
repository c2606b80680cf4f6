package import Clocks

/// The hub's folder of keys and certificates, `DIR/pki`: its authority and its server certificate.
package struct HubCredentials: Sendable {
  private static let authorityFile = "ca.pem"
  private static let authorityKeyFile = "ca.key"
  private static let serverFile = "server.pem"
  private static let serverKeyFile = "server.key"

  package let folder: String
  package let authority: CertificateAuthority
  package let server: ServerCertificate

  /// `pki` inside a hub's folder.
  package static func folder(ofHub path: String) -> String { path + "/pki" }

  /// The names under which every hub can be reached from its own machine.
  package static let localHostNames = ["localhost", "127.0.0.1", "::1"]

  /// Makes a hub's authority and server certificate, and writes them. The folder must not have an
  /// authority yet: replacing one would lock every branch out.
  package static func make(
    folder: String, generation: GenerationID, hostNames: [String], wallMilliseconds: Int64
  ) throws(CredentialError) -> HubCredentials {
    try CredentialFile.makePrivateFolder(folder)
    guard !CredentialFile.exists(folder + "/" + authorityKeyFile) else {
      throw .file(path: folder + "/" + authorityKeyFile, why: "there is an authority already")
    }
    let authority = try CertificateAuthority.make(
      generation: generation, wallMilliseconds: wallMilliseconds)
    let server = try authority.issueServerCertificate(
      hostNames: withLocalNames(hostNames), wallMilliseconds: wallMilliseconds)
    try CredentialFile.write(
      authority.keyPEM, to: folder + "/" + authorityKeyFile, access: .owner)
    try CredentialFile.write(
      authority.certificatePEM, to: folder + "/" + authorityFile, access: .everybody)
    let credentials = HubCredentials(folder: folder, authority: authority, server: server)
    try credentials.writeServer()
    return credentials
  }

  /// Reads the folder. A server key that is missing or does not fit its certificate, as a crash
  /// between the two files leaves it, makes the certificate due for renewal.
  package init(folder: String) throws(CredentialError) {
    let authority = try CertificateAuthority(
      certificatePEM: try CredentialFile.readText(folder + "/" + Self.authorityFile),
      keyPEM: try CredentialFile.readText(folder + "/" + Self.authorityKeyFile))
    let server = try ServerCertificate(
      certificatePEM: try CredentialFile.readText(folder + "/" + Self.serverFile),
      keyPEM: (try? CredentialFile.readText(folder + "/" + Self.serverKeyFile)) ?? "")
    self.init(folder: folder, authority: authority, server: server)
  }

  private init(folder: String, authority: CertificateAuthority, server: ServerCertificate) {
    self.folder = folder
    self.authority = authority
    self.server = server
  }

  /// These credentials, with a new server certificate if the present one ends too soon or lacks
  /// one of the names. Branches notice nothing: they trust the authority.
  package func renewedIfDue(
    addingHostNames names: [String] = [], wallMilliseconds: Int64
  ) throws(CredentialError) -> HubCredentials {
    let wanted = Self.withLocalNames(server.hostNames + names)
    let good = server.notAfterMilliseconds - wallMilliseconds >= CredentialLifetimes.serverRenewal
    if good, server.keyFits, wanted == server.hostNames { return self }
    let renewed = HubCredentials(
      folder: folder, authority: authority,
      server: try authority.issueServerCertificate(
        hostNames: wanted, wallMilliseconds: wallMilliseconds))
    try renewed.writeServer()
    return renewed
  }

  private func writeServer() throws(CredentialError) {
    try CredentialFile.write(
      server.keyPEM, to: folder + "/" + Self.serverKeyFile, access: .owner)
    try CredentialFile.write(
      server.certificatePEM, to: folder + "/" + Self.serverFile, access: .everybody)
  }

  private static func withLocalNames(_ names: [String]) -> [String] {
    var result: [String] = []
    for name in names + localHostNames {
      let canonical = canonical(name)
      if !result.contains(canonical) { result.append(canonical) }
    }
    return result
  }

  private static func canonical(_ name: String) -> String {
    (try? HostName.generalName(name)).flatMap(HostName.text) ?? name
  }
}
