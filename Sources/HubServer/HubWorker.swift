internal import Sessions
internal import Transport

/// The one place where the hub's engine runs: requests come in one at a time, on a thread of their
/// own, because the engine waits for the disk.
actor HubWorker {
  private let service: any HubService
  private let executor = SerialQueueExecutor(label: "tributary.hub")

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(_ service: sending any HubService) { self.service = service }

  /// Looks in the store whether the author may still ask, then answers.
  func answer(
    _ request: HubRequest, from branch: CertifiedBranch, wallMilliseconds: Int64
  ) -> HubResponse {
    if let refusal = service.refusal(of: branch) { return .refused(refusal) }
    return service.handle(request, from: branch.replica, wallMilliseconds: wallMilliseconds)
  }

  func enrol(
    secret: [UInt8], device: DeviceRequest, wallMilliseconds: Int64
  ) throws(Refusal) -> EnrolResponse {
    try service.enrol(secret: secret, device: device, wallMilliseconds: wallMilliseconds)
  }

  func preview(
    _ request: HubRequest, secret: [UInt8], wallMilliseconds: Int64
  ) -> HubResponse {
    service.preview(request, secret: secret, wallMilliseconds: wallMilliseconds)
  }

  func served(at url: HubURL) throws { try service.served(at: url) }
}
