internal import NIOCore
internal import NIOSSL
internal import Synchronization
internal import Transport

/// The certificate that new connections are shown; it can be replaced while the server runs.
final class ServerCertificateHolder: Sendable {
  private let current: Mutex<NIOSSLContextConfigurationOverride>

  init(_ certificate: ServerCertificate) throws(HubServerError) {
    current = Mutex(try Self.tls(certificate))
  }

  func replace(with certificate: ServerCertificate) throws(HubServerError) {
    let next = try Self.tls(certificate)
    current.withLock { $0 = next }
  }

  /// TLS 1.3 or nothing; whoever shows a certificate must have it from this hub's authority.
  /// Whoever shows none gets in, to enrol: the responder asks for an identity where one is needed.
  func serverConfiguration(authorityPEM: String) throws(HubServerError) -> TLSConfiguration {
    let first = current.withLock { $0 }
    guard let chain = first.certificateChain, let key = first.privateKey,
      let authority = try? NIOSSLCertificate.fromPEMBytes(Array(authorityPEM.utf8))
    else { throw .credentials("the CA's certificate is no certificate in PEM") }
    var tls = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: key)
    tls.minimumTLSVersion = .tlsv13
    tls.applicationProtocols = ["http/1.1"]
    tls.trustRoots = .certificates(authority)
    tls.certificateVerification = .optionalVerification
    tls.sslContextCallback = { [self] _, promise in
      promise.succeed(current.withLock { $0 })
    }
    return tls
  }

  private static func tls(
    _ certificate: ServerCertificate
  ) throws(HubServerError) -> NIOSSLContextConfigurationOverride {
    guard
      let chain = try? NIOSSLCertificate.fromPEMBytes(Array(certificate.certificatePEM.utf8)),
      let key = try? NIOSSLPrivateKey(bytes: Array(certificate.keyPEM.utf8), format: .pem)
    else { throw .credentials("server.pem or server.key is not in PEM") }
    var override = NIOSSLContextConfigurationOverride()
    override.certificateChain = chain.map { .certificate($0) }
    override.privateKey = .privateKey(key)
    return override
  }
}
