internal import Dispatch
internal import Glibc

/// What signals do to a command.
///
/// Nothing needs to be tidied up when a command is stopped: stores change in transactions, and
/// files are replaced whole.
enum Interruption {
  /// Ends the process with the promised exit code when a person interrupts it.
  static func exitWhenAsked() {
    signal(SIGINT) { _ in Interruption.exitNow() }
  }

  /// Safe in a signal handler: one write and the end.
  static func exitNow() {
    let text: StaticString = "\ntributary: interrupted; nothing is left half done.\n"
    _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    _exit(130)
  }

  /// Calls back at the first SIGINT or SIGTERM instead of ending. Keep the result as long as the
  /// signals are to be heard.
  static func listen(_ body: @escaping @Sendable (Int32) -> Void) -> [any DispatchSourceSignal] {
    [SIGINT, SIGTERM].map { number in
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      let registered = DispatchSemaphore(value: 0)
      source.setRegistrationHandler { registered.signal() }
      source.setEventHandler { body(number) }
      source.resume()
      // From then on the source has its own handler; before, a signal would do what it always does.
      registered.wait()
      return source
    }
  }
}
