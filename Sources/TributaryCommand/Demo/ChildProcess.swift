internal import Glibc

/// Another run of this same program, with its standard output, and optionally its standard error,
/// read by us.
final class ChildProcess {
  let processID: pid_t
  private let output: Int32
  private var pending: [UInt8] = []
  private var status: Int32?

  private static let readBytes = 1 << 14

  private init(processID: pid_t, output: Int32) {
    self.processID = processID
    self.output = output
  }

  deinit {
    close(output)
    if status == nil {
      kill(processID, SIGKILL)
      _ = wait()
    }
  }

  /// This program's own file.
  static func ownExecutable() -> String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = readlink("/proc/self/exe", &path, Int(PATH_MAX))
    guard count > 0 else { return CommandLine.arguments[0] }
    return String(decoding: path.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Starts this program with arguments, in our folder, and in a process group of its own, so that
  /// a terminal's ^C reaches only us.
  static func start(_ arguments: [String], errors: Errors) throws -> ChildProcess {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw FileError(path: "pipe", errno: errno) }
    defer { close(ends[1]) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    switch errors {
    case .withOutput: posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
    case .file(let path):
      posix_spawn_file_actions_addopen(
        &actions, STDERR_FILENO, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var ignored = sigset_t()
    sigemptyset(&ignored)
    sigaddset(&ignored, SIGINT)
    sigaddset(&ignored, SIGTERM)
    posix_spawnattr_setsigdefault(&attributes, &ignored)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGDEF))
    let executable = ownExecutable()
    var words: [UnsafeMutablePointer<CChar>?] = (["tributary"] + arguments).map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    let result = posix_spawn(&child, executable, &actions, &attributes, words, environ)
    guard result == 0 else {
      close(ends[0])
      throw FileError(path: executable, errno: result)
    }
    return ChildProcess(processID: child, output: ends[0])
  }

  enum Errors {
    case withOutput
    case file(String)
  }

  /// The next line without its end; nil when there is none within the time.
  func line(timeoutMilliseconds: Int64) -> String? {
    let deadline = SteadyClock.milliseconds() + timeoutMilliseconds
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        defer { pending.removeFirst(end + 1) }
        return String(decoding: pending[..<end], as: UTF8.self)
      }
      let left = deadline - SteadyClock.milliseconds()
      var wanted = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      guard left > 0, poll(&wanted, 1, Int32(clamping: left)) > 0, readMore() else { return nil }
    }
  }

  /// Everything up to the process's end.
  func rest() -> String {
    while readMore() {}
    return String(decoding: pending, as: UTF8.self)
  }

  private func readMore() -> Bool {
    var bytes = [UInt8](repeating: 0, count: Self.readBytes)
    while true {
      let count = read(output, &bytes, bytes.count)
      if count > 0 {
        pending += bytes.prefix(count)
        return true
      }
      guard count < 0, errno == EINTR else { return false }
    }
  }

  /// Asks the process to finish, as a service manager would.
  func terminate() { kill(processID, SIGTERM) }

  /// The exit code; 128 and the signal's number if a signal ended it.
  func wait() -> Int32 {
    if let status { return status }
    var code: Int32 = 0
    while waitpid(processID, &code, 0) < 0 {
      guard errno == EINTR else { break }
    }
    let signal = code & 0x7f
    let result = signal == 0 ? (code >> 8) & 0xff : 128 + signal
    status = result
    return result
  }
}
