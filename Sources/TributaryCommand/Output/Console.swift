internal import FoundationEssentials
internal import Glibc

/// Standard output and standard error: results go to the first, everything else to the second.
enum Console {
  /// For standard output.
  static let style = TextStyle(isEnabled: wantsColor(STDOUT_FILENO))
  /// For standard error.
  static let errorStyle = TextStyle(isEnabled: wantsColor(STDERR_FILENO))
  static let errorIsTerminal = isatty(STDERR_FILENO) == 1

  /// Columns of the terminal behind standard error, or the usual 80.
  static var errorWidth: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20 else { return 80 }
    return min(Int(size.ws_col), 100)
  }

  static func print(_ text: String = "") { write(text + "\n", to: STDOUT_FILENO) }

  static func print(lines: [String]) {
    guard !lines.isEmpty else { return }
    print(lines.joined(separator: "\n"))
  }

  /// The one JSON document of a command.
  static func print(_ document: JSONValue) { print(document.text) }

  /// A message for people, on standard error.
  static func note(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

  /// Bytes as they are, on standard error: for progress that overwrites its line.
  static func writeError(_ text: String) { write(text, to: STDERR_FILENO) }

  /// https://no-color.org: any value that is not empty means no color.
  private static func wantsColor(_ descriptor: Int32) -> Bool {
    let environment = ProcessInfo.processInfo.environment
    guard environment["NO_COLOR", default: ""].isEmpty, environment["TERM"] != "dumb" else {
      return false
    }
    return isatty(descriptor) == 1
  }

  /// Written at once and unbuffered, so that a reader of a pipe sees a line when it is said.
  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        bytes = bytes.dropFirst(written)
      } else if errno != EINTR {
        return
      }
    }
  }
}
