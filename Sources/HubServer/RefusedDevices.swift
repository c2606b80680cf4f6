internal import Sessions
internal import Synchronization
internal import Transport

/// The certificates that the hub has refused since the server began, so that their holders are
/// turned away without asking the engine, whose thread may be busy.
///
/// A refused certificate never comes back: whoever joins again gets a new one.
final class RefusedDevices: Sendable {
  private let refusals = Mutex<[CertifiedBranch: Refusal]>([:])
  private let countMax: Int

  init(countMax: Int) { self.countMax = countMax }

  func refusal(of branch: CertifiedBranch) -> Refusal? { refusals.withLock { $0[branch] } }

  /// Remembers a refusal, unless it may pass.
  func note(_ refusal: Refusal, of branch: CertifiedBranch) {
    guard refusal.code == .revoked || refusal.code == .notAllowed else { return }
    refusals.withLock { refusals in
      // What is forgotten is found out again.
      if refusals.count >= countMax { refusals.removeAll() }
      refusals[branch] = refusal
    }
  }
}
