/// What a branch's device keeps beside its database to prove who it is, and to know its hub.
package struct DeviceIdentity: Hashable, Sendable {
  static let keyFile = "key.pem"
  static let certificateFile = "device.pem"
  static let authorityFile = "ca.pem"

  package let keyPEM: String
  package let certificatePEM: String
  /// The certificate of the only authority whose word is taken for who the hub is.
  package let authorityPEM: String

  /// Puts together what enrolment gave. The certificate, in DER, must be for the key.
  package init(
    key: DeviceKey, certificateDER: [UInt8], authorityPEM: String
  ) throws(CredentialError) {
    guard key.fits(certificateDER: certificateDER) else {
      throw .malformed(
        what: "The device's certificate", why: "it is not for the key of this device")
    }
    keyPEM = key.pem
    certificatePEM = pem(of: certificateDER)
    self.authorityPEM = authorityPEM
  }

  /// `DB-tributary`: where a database's device keeps its credentials and what it stages.
  package static func folder(ofDatabase path: String) -> String { path + "-tributary" }

  /// Reads the three files of a device's folder.
  package init(folder: String) throws(CredentialError) {
    keyPEM = try CredentialFile.readText(folder + "/" + Self.keyFile)
    certificatePEM = try CredentialFile.readText(folder + "/" + Self.certificateFile)
    authorityPEM = try CredentialFile.readText(folder + "/" + Self.authorityFile)
  }

  /// Writes the three files, each atomically, the certificate last; makes the folder private.
  package func save(in folder: String) throws(CredentialError) {
    try CredentialFile.makePrivateFolder(folder)
    try CredentialFile.write(keyPEM, to: folder + "/" + Self.keyFile, access: .owner)
    try CredentialFile.write(
      authorityPEM, to: folder + "/" + Self.authorityFile, access: .everybody)
    try CredentialFile.write(
      certificatePEM, to: folder + "/" + Self.certificateFile, access: .everybody)
  }

  /// Removes the three files; the folder stays for its other contents.
  package static func remove(from folder: String) throws(CredentialError) {
    for file in [certificateFile, authorityFile, keyFile] {
      try CredentialFile.remove(folder + "/" + file)
    }
  }
}
