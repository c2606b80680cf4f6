internal import Sessions
internal import Synchronization
internal import Transport

/// The one place where the hub's engine runs: requests come in one at a time, on a thread of their
/// own, because the engine waits for the disk.
actor HubWorker {
  private let service: any HubService
  private let executor = SerialQueueExecutor(label: "tributary.hub")
  private nonisolated let refused = RefusedDevices(countMax: HubServerLimits.refusedDevicesMax)
  /// Requests that the engine has, or that wait for it.
  private nonisolated let pendingCount = Atomic<Int>(0)

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(_ service: sending any HubService) { self.service = service }

  /// Whether a device may not ask, as far as can be told without waiting for other requests.
  ///
  /// Nil says nothing for sure: `answer` looks again.
  nonisolated func refusalKnown(of branch: CertifiedBranch) async -> Refusal? {
    if let refusal = refused.refusal(of: branch) { return refusal }
    guard pendingCount.load(ordering: .relaxed) == 0 else { return nil }
    return await refusal(of: branch)
  }

  private func refusal(of branch: CertifiedBranch) -> Refusal? {
    guard let refusal = service.refusal(of: branch) else { return nil }
    refused.note(refusal, of: branch)
    return refusal
  }

  /// Looks in the store whether the author may still ask, then answers.
  nonisolated func answer(
    _ request: HubRequest, from branch: CertifiedBranch, wallMilliseconds: Int64
  ) async -> HubResponse {
    pendingCount.add(1, ordering: .relaxed)
    defer { pendingCount.subtract(1, ordering: .relaxed) }
    return await answerInTurn(request, from: branch, wallMilliseconds: wallMilliseconds)
  }

  private func answerInTurn(
    _ request: HubRequest, from branch: CertifiedBranch, wallMilliseconds: Int64
  ) -> HubResponse {
    if let refusal = refusal(of: branch) { return .refused(refusal) }
    return service.handle(request, from: branch, wallMilliseconds: wallMilliseconds)
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

  /// Does one step of what the hub does for itself, unless somebody waits for an answer. Returns
  /// whether there is more to do at once.
  func tend(wallMilliseconds: Int64) throws -> Bool {
    guard pendingCount.load(ordering: .relaxed) == 0 else { return false }
    return try service.tend(wallMilliseconds: wallMilliseconds)
  }
}
