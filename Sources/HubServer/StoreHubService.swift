internal import Basics
internal import Clocks
internal import Hub
package import HubStore
package import Sessions
package import Transport

/// The real hub behind the server: its engine, its store and its certificate authority.
///
/// Used by one thread at a time, as the store is.
package final class StoreHubService: HubService {
  private let store: HubStore
  private let engine: HubEngine
  private let authority: CertificateAuthority

  /// Begins to serve: from here on the log's new entries have names of their own.
  ///
  /// Branches that were not heard of for `awayMilliseconds`, 90 days if nothing is said, are away:
  /// the hub keeps for them only what their return needs. What its log lets go of stays readable
  /// for `historyMilliseconds`, two years if nothing is said and not at all if 0, as long as it
  /// takes no more than `historyBytesMax`.
  package init(
    store: HubStore, credentials: HubCredentials, awayMilliseconds: Int64? = nil,
    historyMilliseconds: Int64? = nil, historyBytesMax: Int? = nil
  ) throws {
    self.store = store
    engine = HubEngine(store: store, random: Self.random)
    if let awayMilliseconds { engine.awayMilliseconds = awayMilliseconds }
    if let historyMilliseconds { engine.historyMilliseconds = historyMilliseconds }
    if let historyBytesMax { engine.historyBytesMax = historyBytesMax }
    authority = credentials.authority
    try store.startServing(random: Self.random)
  }

  private static func random(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  /// Whoever has a certificate of another hub, or was revoked, may not ask. A certificate that is
  /// not the one that was issued to this branch last is a stranger's: the hub may have been
  /// restored from before it was issued, and then the stranger may have what the hub lost.
  package func refusal(of branch: CertifiedBranch) -> Refusal? {
    do {
      guard branch.generation == store.hubID else { return Self.unknownDevice }
      let isRevoked = try store.isRevoked(certificate: branch.certificateFingerprint)
      return try isRevoked || store.replica(branch.replica)?.state == .revoked
        ? Self.revoked : nil
    } catch {
      return Refusal(error)
    }
  }

  package func handle(
    _ request: HubRequest, from branch: CertifiedBranch, wallMilliseconds: Int64
  ) -> HubResponse {
    do {
      let registered = try store.replica(branch.replica)?.certificateFingerprint
      let isStranger = registered != branch.certificateFingerprint
      if isStranger {
        var name: String?
        if case .fork(let told) = request { name = told }
        let isRefused = try store.noteStranger(
          branch.certificateFingerprint, replica: branch.replica, name: name,
          wallMilliseconds: wallMilliseconds)
        if isRefused { return .refused(Self.revoked) }
      }
      return engine.handle(
        request, from: branch.replica, isStranger: isStranger,
        wallMilliseconds: wallMilliseconds)
    } catch {
      return .refused(Refusal(error))
    }
  }

  package func enrol(
    secret: [UInt8], device: DeviceRequest, wallMilliseconds: Int64
  ) throws(Refusal) -> EnrolResponse {
    do {
      var certificate: [UInt8] = []
      let (replica, name) = try store.enrol(
        secret: secret, deviceKey: device.keyFingerprint, wallMilliseconds: wallMilliseconds
      ) { replica in
        let issued = try authority.issueDeviceCertificate(
          for: device, generation: store.hubID, replica: replica,
          wallMilliseconds: wallMilliseconds)
        certificate = issued.der
        return (issued.serialNumber, issued.fingerprint)
      }
      return EnrolResponse(
        replica: replica, branch: name, certificate: certificate, generation: store.hubID,
        schema: store.schema)
    } catch {
      throw Refusal(error)
    }
  }

  package func preview(
    _ request: HubRequest, secret: [UInt8], wallMilliseconds: Int64
  ) -> HubResponse {
    do {
      try store.checkToken(secret: secret, wallMilliseconds: wallMilliseconds)
    } catch {
      return .refused(Refusal(error))
    }
    return engine.preview(request)
  }

  package func served(at url: HubURL) throws { try store.setServedURL(url.description) }

  package func tend(wallMilliseconds: Int64) throws -> Bool {
    try engine.tend(wallMilliseconds: wallMilliseconds)
  }

  private static let unknownDevice = Refusal(
    code: .notAllowed,
    message: "Nothing was done: the hub does not know this device's certificate. Join again with a"
      + " new token.")

  private static let revoked = Refusal(
    code: .revoked,
    message: "Nothing was done: this device was revoked. Pending changes stay here. Ask the hub's"
      + " operator for a new token and join again.")
}
