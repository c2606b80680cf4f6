internal import FoundationEssentials
internal import Glibc

/// Standard output and standard error: results go to the first, everything else to the second.
enum Console {
  /// For standard output.
  static let style = TextStyle(isEnabled: wantsColor(STDOUT_FILENO))
  /// For standard error.
  static let errorStyle = TextStyle(isEnabled: wantsColor(STDERR_FILENO))
  static let errorIsTerminal = isatty(STDERR_FILENO) == 1

  /// What lines for people should fit: the columns of a terminal, or what COLUMNS says; nil for a
  /// file or a pipe, where lines stay whole.
  static let outputWidth = width(STDOUT_FILENO)
  static let errorWidth = width(STDERR_FILENO)

  private static func width(_ descriptor: Int32) -> Int? {
    let named = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }
    var size = winsize()
    if isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      return max(widthMin, Int(size.ws_col))
    }
    return named.map { max(widthMin, $0) }
  }

  private static let widthMin = 40
  /// Paragraphs are not made wider than one likes to read.
  static let paragraphWidthMax = 100

  static func print(_ text: String = "") { write(text + "\n", to: STDOUT_FILENO) }

  static func print(lines: [String]) {
    guard !lines.isEmpty else { return }
    print(lines.joined(separator: "\n"))
  }

  /// The one JSON document of a command.
  static func print(_ document: JSONValue) { print(document.text) }

  /// A message for people, on standard error.
  static func note(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

  static func note(_ failure: CommandFailure) {
    let width = errorWidth.map { min($0, paragraphWidthMax) }
    for line in failure.lines(width: width, style: errorStyle) { note(line) }
  }

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
