internal import Foundation

/// What a program came to, and what it used.
struct Ended {
  var output: String
  var usage: Usage

  /// A number in the JSON document that it printed: `pushed.bytes`.
  func number(_ path: String) throws -> Double {
    var value = try JSONSerialization.jsonObject(with: Data(output.utf8))
    for name in path.split(separator: ".") {
      guard let object = value as? [String: Any], let next = object[String(name)] else {
        throw SQLiteFailure(description: "no \(path) in \(output)")
      }
      value = next
    }
    return (value as? NSNumber)?.doubleValue ?? .nan
  }
}

/// A running program; its standard output comes through a pipe.
final class Program {
  let pid: pid_t
  private let readEnd: Int32
  private let command: String

  init(_ arguments: [String], isQuiet: Bool = false) throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw SQLiteFailure(description: "no pipe") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    posix_spawn_file_actions_addclose(&actions, ends[1])
    if isQuiet { posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) }
    var words = arguments.map { strdup($0) } + [nil]
    var variables =
      ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    var child: pid_t = 0
    let code = posix_spawnp(&child, arguments[0], &actions, nil, &words, &variables)
    for word in words + variables { free(word) }
    posix_spawn_file_actions_destroy(&actions)
    close(ends[1])
    guard code == 0 else {
      throw SQLiteFailure(description: "\(arguments[0]) cannot be started: \(code)")
    }
    pid = child
    readEnd = ends[0]
    command = arguments.joined(separator: " ")
  }

  deinit { close(readEnd) }

  /// The first line of output.
  func firstLine() throws -> String {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while read(readEnd, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
    guard !line.isEmpty else { throw SQLiteFailure(description: "\(command) said nothing") }
    return String(decoding: line, as: UTF8.self)
  }

  func wait(expecting: Int32? = 0) throws -> Ended {
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(readEnd, &buffer, buffer.count)
      guard count > 0 else { break }
      output.append(contentsOf: buffer[..<count])
    }
    var status: Int32 = 0
    var usage = rusage()
    wait4(pid, &status, 0, &usage)
    let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    if let expecting, code != expecting {
      throw SQLiteFailure(description: "`\(command)` ended with \(code)")
    }
    return Ended(output: String(decoding: output, as: UTF8.self), usage: Usage(usage))
  }

  static func run(_ arguments: [String]) throws -> Ended { try Program(arguments).wait() }
}

/// A hub that serves in a folder of its own, and branches beside it.
final class World {
  let folder: String
  let hub: String
  private let program: String
  private var server: Program?

  init(program: String, like template: String, in folder: String) throws {
    self.program = program
    self.folder = folder
    hub = "\(folder)/hub"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    _ = try Program.run([program, "hub", "init", hub, "--like", template])
    let server = try Program(
      [program, "hub", "serve", hub, "--listen", "127.0.0.1:0"], isQuiet: true)
    _ = try server.firstLine()
    self.server = server
  }

  var hubPID: pid_t { server?.pid ?? 0 }

  /// Attaches a copy of the template.
  func join(_ name: String, template: String) throws -> String {
    let database = "\(folder)/\(name).db"
    try FileManager.default.copyItem(atPath: template, toPath: database)
    let token = try Program.run([program, "hub", "invite", hub, "--branch", name]).output
    _ = try Program.run(
      [program, "join", database, token.trimmingCharacters(in: .whitespacesAndNewlines)])
    _ = try sync(database)
    return database
  }

  func sync(_ database: String) throws -> Ended {
    try Program.run([program, "sync", database, "--json"])
  }

  /// Stops the hub; what it used in its whole life.
  func stop() throws -> Usage {
    guard let server else { throw SQLiteFailure(description: "the hub does not run") }
    kill(server.pid, SIGTERM)
    self.server = nil
    return try server.wait().usage
  }
}
