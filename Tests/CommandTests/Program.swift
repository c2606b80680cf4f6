import Foundation
import TestSupport
import Testing

/// Runs the built program as a person would.
enum Program {
  struct Result {
    var status: Int32
    var output: String
    var errors: String

    var json: [String: Any]? {
      (try? JSONSerialization.jsonObject(with: Data(output.utf8))) as? [String: Any]
    }
  }

  /// `tributary` beside the test bundle, unless TRIBUTARY_PROGRAM names another.
  static let url: URL = {
    if let named = ProcessInfo.processInfo.environment["TRIBUTARY_PROGRAM"] {
      return URL(fileURLWithPath: named)
    }
    return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("tributary")
  }()

  static func run(
    _ arguments: [String], in folder: URL? = nil, environment: [String: String] = [:]
  ) async throws -> Result {
    let running = try start(arguments, in: folder, environment: environment)
    return await running.finish()
  }

  /// Runs it where no file may grow beyond a size: to a program, a disk that is full.
  static func run(
    _ arguments: [String], in folder: URL, fileKibibytesMax: Int
  ) async throws -> Result {
    let script = "trap '' XFSZ; ulimit -f \(fileKibibytesMax); exec \"$0\" \"$@\""
    let running = try RunningProgram(
      ["-c", script, url.path] + arguments, in: folder, environment: [:],
      program: URL(fileURLWithPath: "/bin/bash"))
    return await running.finish()
  }

  static func start(
    _ arguments: [String], in folder: URL? = nil, environment: [String: String] = [:]
  ) throws -> RunningProgram {
    try RunningProgram(arguments, in: folder, environment: environment)
  }
}

/// A run of the program that has not ended yet.
final class RunningProgram: @unchecked Sendable {
  private let process = Process()
  private let output = Pipe()
  private let errors = Pipe()
  private let ended: AsyncStream<Void>

  fileprivate init(
    _ arguments: [String], in folder: URL?, environment: [String: String],
    program: URL = Program.url
  ) throws {
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    let (ended, ending) = AsyncStream<Void>.makeStream()
    self.ended = ended
    process.terminationHandler = { _ in ending.finish() }
    try process.run()
  }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// The first line of standard output. `then` runs as soon as it is there, however busy the
  /// machine's other threads are.
  func firstLine(then: (@Sendable () -> Void)? = nil) async -> String {
    let handle = output.fileHandleForReading
    return await Self.onThread {
      var line: [UInt8] = []
      while let byte = (try? handle.read(upToCount: 1))?.first, byte != UInt8(ascii: "\n") {
        line.append(byte)
      }
      then?()
      return String(decoding: line, as: UTF8.self)
    }
  }

  func finish() async -> Program.Result {
    let (first, second) = (output.fileHandleForReading, errors.fileHandleForReading)
    async let output = Self.onThread { Self.rest(of: first) }
    async let errors = Self.onThread { Self.rest(of: second) }
    let texts = await (
      String(decoding: output, as: UTF8.self), String(decoding: errors, as: UTF8.self)
    )
    for await _ in ended {}
    return Program.Result(status: process.terminationStatus, output: texts.0, errors: texts.1)
  }

  /// What is left to read. The handle is closed then: hundreds of programs must not use up this
  /// process's files, and nobody else lets go of it.
  private static func rest(of handle: FileHandle) -> Data {
    defer { try? handle.close() }
    return (try? handle.readToEnd()) ?? Data()
  }

  /// Off the cooperative pool, which blocking reads would hold.
  private static func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () -> Value
  ) async -> Value {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: body()) }
    }
  }
}
