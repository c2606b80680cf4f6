import Foundation
import Synchronization

/// What a program came to.
struct Ended: CustomStringConvertible {
  var command: String
  /// The exit code; 128 + n if signal n ended it.
  var status: Int32
  var output: String
  var errors: String

  var description: String {
    "`\(command)` ended with \(status)\n--- output\n\(output)\n--- errors\n\(errors)"
  }

  /// The one JSON document on standard output.
  func document<Document: Decodable>(_ type: Document.Type = Document.self) throws -> Document {
    do {
      return try JSONDecoder().decode(type, from: Data(output.utf8))
    } catch {
      throw EndToEndFailure("\(error)\nin what \(self) printed")
    }
  }
}

struct EndToEndFailure: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// A running program with its output in files. Killed with the value.
final class Child {
  private let process = Process()
  private let ended = DispatchSemaphore(value: 0)
  private let input = Pipe()
  private let folder: URL
  let command: String

  /// No program of these tests takes longer; one that does hangs.
  static let secondsMax = 600.0

  init(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("tributary-child-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    command = ([program] + arguments).map { $0.contains(" ") ? "'\($0)'" : $0 }
      .joined(separator: " ")
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = input
    let output = try Self.handle(folder.appendingPathComponent("output"))
    let errors = try Self.handle(folder.appendingPathComponent("errors"))
    process.standardOutput = output
    process.standardError = errors
    process.terminationHandler = { [ended] _ in ended.signal() }
    // The child has its own by then. Hundreds of children must not use up this process's files.
    defer {
      try? output.close()
      try? errors.close()
      try? input.fileHandleForReading.close()
    }
    try process.run()
  }

  deinit {
    try? input.fileHandleForWriting.close()
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(at: folder)
  }

  private static func handle(_ file: URL) throws -> FileHandle {
    _ = FileManager.default.createFile(atPath: file.path, contents: nil)
    return try FileHandle(forWritingTo: file)
  }

  var isRunning: Bool { process.isRunning }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Sends a line to the program's standard input.
  func send(_ line: String) throws {
    try input.fileHandleForWriting.write(contentsOf: Data("\(line)\n".utf8))
  }

  func closeInput() throws { try input.fileHandleForWriting.close() }

  private func text(_ name: String) -> String {
    let data = (try? Data(contentsOf: folder.appendingPathComponent(name))) ?? Data()
    return String(decoding: data, as: UTF8.self)
  }

  var output: String { text("output") }
  var errors: String { text("errors") }

  /// Whether it ends within some time.
  func ends(withinMilliseconds limit: Int) -> Bool {
    guard ended.wait(timeout: .now() + .milliseconds(limit)) == .success else { return false }
    ended.signal()
    return true
  }

  /// Waits for its end.
  func wait() throws -> Ended {
    guard ends(withinMilliseconds: Int(Self.secondsMax * 1000)) else {
      signal(SIGKILL)
      throw EndToEndFailure("`\(command)` hangs.\n\(output)\n\(errors)")
    }
    let status =
      process.terminationReason == .exit
      ? process.terminationStatus : 128 + process.terminationStatus
    return Ended(command: command, status: status, output: output, errors: errors)
  }

  /// Waits until the program has written a line that begins so, and returns the rest of the line.
  func line(after beginning: String) throws -> String {
    let deadline = Date() + 60
    while Date() < deadline {
      let lines = output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      if let line = lines.first(where: { $0.hasPrefix(beginning) }) {
        return String(line.dropFirst(beginning.count))
      }
      // Wakes early when the program ends, which it should not.
      if ends(withinMilliseconds: 5) {
        throw EndToEndFailure("It ended too early.\n\(try wait())")
      }
    }
    throw EndToEndFailure("No line `\(beginning)…` came.\n\(output)\n\(errors)")
  }

  /// Runs a program to its end.
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> Ended {
    let child = try Child(program, arguments, environment: environment)
    try child.closeInput()
    return try child.wait()
  }
}
