internal import FoundationEssentials
internal import Glibc
internal import Synchronization

/// What the demo must not leave behind when it is interrupted: its processes, and the folder unless
/// it is kept.
final class DemoLeftovers: Sendable {
  let folder: String
  let isKept: Bool
  private static let attemptsMax = 100
  private static let pauseMicroseconds: UInt32 = 10_000
  private let interrupted = Atomic<Bool>(false)
  private let processes = Mutex<Set<pid_t>>([])

  init(folder: String, isKept: Bool) {
    self.folder = folder
    self.isKept = isKept
  }

  func began(_ processID: pid_t) { processes.withLock { _ = $0.insert(processID) } }
  func ended(_ processID: pid_t) { processes.withLock { _ = $0.remove(processID) } }

  /// Whether somebody interrupts the demo, which is why its steps fail from now on.
  var isInterrupted: Bool { interrupted.load(ordering: .acquiring) }

  /// For the thread that hears the signal.
  func interrupt() {
    interrupted.store(true, ordering: .releasing)
    remove()
    Interruption.exitNow()
  }

  /// Ends what runs, so that nothing writes into the folder any more, and removes it.
  func remove() {
    let running = processes.withLock { processes in
      defer { processes = [] }
      return processes
    }
    for processID in running {
      kill(processID, SIGKILL)
      waitpid(processID, nil, 0)
    }
    guard !isKept else { return }
    // The story's own thread may be writing a file at this moment.
    for _ in 0..<Self.attemptsMax where FileManager.default.fileExists(atPath: folder) {
      do {
        try FileManager.default.removeItem(atPath: folder)
      } catch {
        usleep(Self.pauseMicroseconds)
      }
    }
  }
}
