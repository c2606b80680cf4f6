internal import ArgumentParser

/// A command that ends with one of the promised exit codes, and whose errors become messages in
/// one place.
protocol OperatorCommand: AsyncParsableCommand {
  /// What was not done, and to what, should it fail: “app.db was not synced.”
  var undone: String { get }

  func perform() async throws -> ExitStatus
}

extension OperatorCommand {
  func run() async throws {
    let status: ExitStatus
    do {
      status = try await perform()
    } catch let failure as CommandFailure {
      throw failure
    } catch  where Self.isOfParser(error) {
      throw error
    } catch {
      throw CommandFailure(error, undone: undone)
    }
    if status != .done { throw ExitCode(status.rawValue) }
  }

  private static func isOfParser(_ error: any Error) -> Bool {
    error is ExitCode || error is CleanExit || error is ValidationError
  }
}
