internal import Glibc
internal import HubStore
internal import Policies

/// Reads policy files.
enum PolicySource {
  /// The bytes of a file: all of them, or so many that it is too large for a policy.
  static func bytes(of path: String, undone: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else { throw failure(path, undone: undone) }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: PolicyLimits.textBytesMax + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    guard ferror(file) == 0 else { throw failure(path, undone: undone) }
    return Array(bytes.prefix(count))
  }

  /// What says what holds before any policy was published.
  static let none = "policy: 1\n"

  /// A file compiled for a hub. What is wrong with it is told; warnings too.
  static func policy(
    of path: String, at store: HubStore, undone: String
  ) throws -> PolicyFile {
    try policy(
      String(decoding: try bytes(of: path, undone: undone), as: UTF8.self), named: path, store,
      undone: undone)
  }

  static func policy(
    _ text: String, named name: String, _ store: HubStore, undone: String
  ) throws -> PolicyFile {
    let check = PolicyCheck(file: name, tables: try PolicyTables(store), text: Array(text.utf8))
    for line in check.remarkLines(style: Console.errorStyle) { Console.note(line) }
    guard let policy = check.policy else {
      let failure = check.failure
      throw CommandFailure(
        .badPolicy, undone: undone, why: failure?.why ?? "It is no policy.",
        next: failure?.next ?? "Correct it, then try again.")
    }
    return policy
  }

  /// A version that was published.
  static func version(
    _ number: UInt64, of store: HubStore, undone: String
  ) throws -> PublishedPolicy {
    guard let found = try store.policies().first(where: { $0.version == number }) else {
      throw CommandFailure(
        .badPolicy, undone: undone, why: "Version \(number) was never published.",
        next: "See `tributary policy versions` for those that were.")
    }
    return found
  }

  private static func failure(_ path: String, undone: String) -> CommandFailure {
    CommandFailure(
      .cannotOpen, undone: undone,
      why: CommandFailure.sentence(FileError(path: path, errno: errno).message),
      next: "Name the policy file.")
  }
}
