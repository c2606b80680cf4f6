/// Taking another identity: the new one lies in a folder of its own until it is to stand.
extension DeviceIdentity {
  /// Who the certificate says this device is; nil if it says nothing that we can read.
  package var certified: CertifiedBranch? {
    guard let certificate = try? readCertificate(pem: certificatePEM, what: "The certificate"),
      let der = try? derBytes(of: certificate)
    else { return nil }
    return CertifiedBranch(certificateDER: der)
  }

  /// Who the certificate in a folder is for, whether or not its key is there too; nil if there is
  /// no certificate.
  package static func certified(in folder: String) throws(CredentialError) -> CertifiedBranch? {
    let pem: String
    do {
      pem = try CredentialFile.readText(folder + "/" + certificateFile)
    } catch {
      guard case .missing = error else { throw error }
      return nil
    }
    return DeviceIdentity(keyPEM: "", certificatePEM: pem, authorityPEM: "").certified
  }

  /// Moves an identity's files from a folder into another, where they replace what is there.
  ///
  /// The certificate goes last: as long as it is in the first folder, doing this again finishes
  /// what a crash has cut short.
  package static func move(from pending: String, to folder: String) throws(CredentialError) {
    for file in [keyFile, authorityFile, certificateFile] {
      try CredentialFile.move(pending + "/" + file, to: folder + "/" + file)
    }
  }

  private init(keyPEM: String, certificatePEM: String, authorityPEM: String) {
    self.keyPEM = keyPEM
    self.certificatePEM = certificatePEM
    self.authorityPEM = authorityPEM
  }
}
