/// One line on standard error that says how far long work has got; nothing unless a person looks.
///
/// Used from one task at a time.
struct Progress {
  private let isShown: Bool
  private var lastMilliseconds: Int64 = 0
  private var shownWidth = 0
  private static let intervalMilliseconds: Int64 = 100

  init(isShown: Bool = Console.errorIsTerminal) { self.isShown = isShown }

  /// Replaces the line, at most ten times a second.
  mutating func show(_ text: @autoclosure () -> String, nowMilliseconds: Int64) {
    guard isShown, nowMilliseconds - lastMilliseconds >= Self.intervalMilliseconds else { return }
    lastMilliseconds = nowMilliseconds
    let line = DisplayWidth.shortened(text(), to: (Console.errorWidth ?? 80) - 2)
    let width = DisplayWidth.of(line)
    let fill = String(repeating: " ", count: max(0, shownWidth - width))
    Console.writeError("\r\(line)\(fill)")
    shownWidth = width
  }

  /// How much of a file has been copied.
  mutating func show(pages done: Int, of count: Int, _ what: String) {
    show(
      "\(what): \(count == 0 ? 100 : done * 100 / count) %",
      nowMilliseconds: SteadyClock.milliseconds())
  }

  /// Wipes the line, so that what comes next starts on a clean one.
  mutating func clear() {
    guard shownWidth > 0 else { return }
    Console.writeError("\r" + String(repeating: " ", count: shownWidth) + "\r")
    shownWidth = 0
  }
}
