import Foundation

/// The shipped program and the scripts that play a branch's own programs.
enum Program {
  /// The `tributary` that was built with these tests, or the one that `TRIBUTARY_PROGRAM` names.
  static let path: String = {
    if let named = ProcessInfo.processInfo.environment["TRIBUTARY_PROGRAM"] { return named }
    let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return bundle.deletingLastPathComponent().appendingPathComponent("tributary").path
  }()

  static func script(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Scripts").appendingPathComponent(name).path
  }

  static func run(_ arguments: [String], clock: Clock = .true) throws -> Ended {
    let command = clock.prefix + [path] + arguments
    return try Child.run(
      command[0], Array(command.dropFirst()), environment: clock.environment)
  }

  /// Starts it and does not wait.
  static func start(_ arguments: [String], clock: Clock = .true) throws -> Child {
    let command = clock.prefix + [path] + arguments
    return try Child(command[0], Array(command.dropFirst()), environment: clock.environment)
  }

  /// Runs SQL as a branch's program would, in one transaction; the rows of the last statement.
  @discardableResult
  static func sql(
    _ database: String, _ statements: String..., clock: Clock = .true
  ) throws -> [[SQLValue]] {
    let command = clock.prefix + ["python3", script("sql.py"), database] + statements
    let ended = try Child.run(
      command[0], Array(command.dropFirst()), environment: clock.environment)
    guard ended.status == 0 else { throw EndToEndFailure("\(ended)") }
    return try ended.document([[SQLValue]].self)
  }

  static let canFakeTheClock: Bool = isThere("faketime")
  static let canMountASmallDisk: Bool =
    (try? Child.run("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]))?.status == 0

  static let canPullTheCable: Bool =
    (try? Child.run("unshare", ["-rn", "ip", "link", "set", "lo", "up"]))?.status == 0

  private static func isThere(_ program: String) -> Bool {
    (try? Child.run("sh", ["-c", "command -v \(program)"]))?.status == 0
  }
}

/// What a machine's wall clock says.
enum Clock {
  case `true`
  /// libfaketime's notation: `-2h`, `+365d`.
  case off(by: String)

  var prefix: [String] {
    switch self {
    case .true: []
    case .off(let by): ["faketime", "-f", by]
    }
  }

  /// Only the wall clock is wrong; timers go on as they do.
  var environment: [String: String] {
    switch self {
    case .true: [:]
    case .off: ["FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"]
    }
  }
}

/// A value as `sql.py` and `--json` print it.
enum SQLValue: Decodable, Hashable, CustomStringConvertible {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  /// What JSON has no form for: `blob`, `text` with its bytes as `hex`, a deletion.
  case other([String: String])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .real(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else {
      self = .other(try container.decode([String: String].self))
    }
  }

  var description: String {
    switch self {
    case .null: "NULL"
    case .integer(let value): "\(value)"
    case .real(let value): "\(value)"
    case .text(let value): value
    case .other(let parts): "\(parts)"
    }
  }
}
