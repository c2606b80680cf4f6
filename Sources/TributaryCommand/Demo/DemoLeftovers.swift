internal import FoundationEssentials
internal import Glibc
internal import Synchronization

/// What the demo must not leave behind when it is interrupted: the hub's process, and the folder
/// unless it is kept.
final class DemoLeftovers: Sendable {
  let folder: String
  let isKept: Bool
  private let hub = Mutex<pid_t?>(nil)

  init(folder: String, isKept: Bool) {
    self.folder = folder
    self.isKept = isKept
  }

  func note(hub processID: pid_t?) { hub.withLock { $0 = processID } }

  func remove() {
    if let processID = hub.withLock({ $0 }) { kill(processID, SIGKILL) }
    if !isKept { try? FileManager.default.removeItem(atPath: folder) }
  }
}
