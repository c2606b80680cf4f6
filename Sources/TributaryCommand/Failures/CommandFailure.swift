/// Why a command did not do its work: what was not done and to what, the fact that stopped it, and
/// what to do next.
struct CommandFailure: Error, Hashable, Sendable {
  var code: ErrorCode
  /// A sentence that ends with a full stop.
  var undone: String
  /// One or more sentences.
  var why: String
  /// One or more sentences.
  var next: String

  init(_ code: ErrorCode, undone: String, why: String, next: String) {
    self.code = code
    self.undone = undone
    self.why = why
    self.next = next
  }

  var status: ExitStatus { code.status }

  /// Lines for standard error, wrapped to a width if one is given.
  func lines(width: Int?, style: TextStyle = .plain) -> [String] {
    func paragraph(_ text: String) -> [String] {
      guard let width else { return ["  " + text] }
      return text.split(separator: "\n").flatMap { line in
        DisplayWidth.wrapped(String(line), to: width - 2).map { "  " + $0 }
      }
    }
    let head = "\(style.bad("tributary:")) \(undone) [\(code.rawValue)]"
    return [head] + [why, next].filter { !$0.isEmpty }.flatMap(paragraph)
  }
}
