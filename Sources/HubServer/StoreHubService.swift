internal import Basics
package import Clocks
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

  package init(store: HubStore, credentials: HubCredentials) {
    self.store = store
    engine = HubEngine(store: store)
    authority = credentials.authority
  }

  /// The certificate must be the one that was issued to this branch last: a number alone could be
  /// another device's, after the hub was restored from a backup.
  package func refusal(of branch: CertifiedBranch) -> Refusal? {
    do {
      guard let record = try store.replica(branch.replica) else { return Self.unknownDevice }
      guard record.certificateFingerprint == branch.certificateFingerprint else {
        return Self.unknownDevice
      }
      return record.state == .active ? nil : Self.revoked
    } catch {
      return Refusal(error)
    }
  }

  package func handle(
    _ request: HubRequest, from replica: ReplicaID, wallMilliseconds: Int64
  ) -> HubResponse {
    engine.handle(request, from: replica, wallMilliseconds: wallMilliseconds)
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
          for: device, generation: store.generation, replica: replica,
          wallMilliseconds: wallMilliseconds)
        certificate = issued.der
        return (issued.serialNumber, issued.fingerprint)
      }
      return EnrolResponse(
        replica: replica, branch: name, certificate: certificate, generation: store.generation,
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

  private static let unknownDevice = Refusal(
    code: .notAllowed,
    message: "Nothing was done: the hub does not know this device's certificate. Join again with a"
      + " new token.")

  private static let revoked = Refusal(
    code: .revoked,
    message: "Nothing was done: this device was revoked. Pending changes stay here. Ask the hub's"
      + " operator for a new token and join again.")
}
