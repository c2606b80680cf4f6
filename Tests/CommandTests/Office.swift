import Deltas
import Foundation
import Storage
import TestSupport
import Testing

@testable import TributaryCommand

/// A headquarters with one hub, and the databases of its branches, in a folder of a test's own.
final class Office: @unchecked Sendable {
  let folder: TemporaryFolder
  private var hub: RunningProgram?
  private(set) var url = ""

  /// `shop.db` is an ordinary database with the demo's customers; the hub has its tables.
  init() async throws {
    folder = try TemporaryFolder()
    try DemoBranch.makeDatabase(path: path("shop.db"))
    let made = try await run("hub", "init", "hub", "--like", "shop.db")
    try #require(made.status == 0, "\(made.errors)")
  }

  deinit { hub?.signal(SIGKILL) }

  func path(_ name: String) -> String { folder.path(name) }

  func serve(_ name: String = "hub", at address: String = "127.0.0.1:0") async throws {
    let hub = try Program.start(
      ["hub", "serve", name, "--listen", address], in: folder.url)
    let line = await hub.firstLine()
    try #require(line.hasPrefix("ready https://127.0.0.1:"))
    url = String(line.dropFirst("ready ".count))
    self.hub = hub
  }

  /// Stops the hub as a service manager would; its exit code.
  func stopServing() async -> Int32? {
    hub?.signal(SIGTERM)
    let status = await hub?.finish().status
    hub = nil
    return status
  }

  func run(_ arguments: String...) async throws -> Program.Result {
    try await Program.run(arguments, in: folder.url)
  }

  func invite(_ branch: String, _ more: String...) async throws -> String {
    let result = try await Program.run(
      ["hub", "invite", "hub", "--branch", branch] + more, in: folder.url)
    try #require(result.status == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n")
    try #require(lines.count == 1)
    return String(lines[0])
  }

  /// Joins `shop.db` with its rows, or any other name as a new file.
  func join(_ file: String, as branch: String) async throws {
    let result = try await run("join", file, try await invite(branch))
    try #require(result.status == 0, "\(result.errors)")
  }

  /// What a program at the branch does.
  func write(_ file: String, _ sql: String) throws {
    try DemoBranch(name: "", file: file).write(sql, in: folder.url.path)
  }

  /// The first value of the first row, if it is text.
  func text(_ file: String, _ sql: String) throws -> String? {
    let database = try Database(path: path(file), mode: .readOnly)
    guard case .text(let bytes)? = try database.firstRow(sql)?.first else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  func digest(_ place: String) async throws -> NSDictionary {
    NSDictionary(dictionary: try #require(try await run("digest", place, "--json").json))
  }
}

/// That a command failed as docs/errors.md says: nothing on standard output, the code in the
/// message, the exit code.
func expectFailure(
  _ result: Program.Result, _ code: ErrorCode, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(result.status == code.status.rawValue, "\(result)", sourceLocation: sourceLocation)
  #expect(result.errors.contains("[\(code.rawValue)]"), "\(result)", sourceLocation: sourceLocation)
  #expect(result.output.isEmpty, "\(result)", sourceLocation: sourceLocation)
}
