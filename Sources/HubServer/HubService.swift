package import Sessions
package import Transport

/// What the server needs of a hub. Synchronous, called by one thread at a time.
package protocol HubService {
  /// Nil if the holder of this certificate may ask, else why not.
  func refusal(of branch: CertifiedBranch) -> Refusal?

  /// Answers a request whose author has been admitted. At most as slow as its work on disk.
  func handle(
    _ request: HubRequest, from branch: CertifiedBranch, wallMilliseconds: Int64
  ) -> HubResponse

  /// Redeems a token and issues a certificate for the device's key: both or neither.
  ///
  /// The same token with the same key, again, gives the same branch.
  func enrol(
    secret: [UInt8], device: DeviceRequest, wallMilliseconds: Int64
  ) throws(Refusal) -> EnrolResponse

  /// Answers what the holder of an unused token may ask before using it: `describe`, `compare`
  /// and `fetchRows`. Changes nothing.
  func preview(
    _ request: HubRequest, secret: [UInt8], wallMilliseconds: Int64
  ) -> HubResponse

  /// Notes where branches reach the hub.
  func served(at url: HubURL) throws

  /// Does one short step of what the hub does for itself. Returns whether there is more to do at
  /// once.
  func tend(wallMilliseconds: Int64) throws -> Bool
}

extension HubService {
  package func tend(wallMilliseconds: Int64) throws -> Bool { false }

  package func preview(
    _ request: HubRequest, secret: [UInt8], wallMilliseconds: Int64
  ) -> HubResponse {
    .refused(
      Refusal(
        code: .unsupportedProtocol,
        message: "Nothing was looked up: this hub shows nothing before a device has enrolled."))
  }
}
