internal import Glibc
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

  private static func failure(_ path: String, undone: String) -> CommandFailure {
    CommandFailure(
      .cannotOpen, undone: undone,
      why: CommandFailure.sentence(FileError(path: path, errno: errno).message),
      next: "Name the policy file.")
  }
}
