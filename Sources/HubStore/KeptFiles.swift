internal import Deltas

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// A hub's files besides its store that a backup holds too: its authority, its certificates, their
/// keys.
enum KeptFiles {
  struct File: Hashable {
    /// Below the hub's folder: `pki/ca.pem`.
    var path: String
    var mode: UInt32
    var bytes: [UInt8]
  }

  static let folderName = "pki"
  /// What tells one hub from another beside its store: its authority's certificate.
  static let authorityPath = "pki/ca.pem"

  static func exists(_ path: String) -> Bool {
    var facts = stat()
    return lstat(path, &facts) == 0
  }

  /// Reads all of them, sorted by name.
  static func read(from hub: String) throws -> [File] {
    let folder = "\(hub)/\(folderName)"
    return try names(in: folder).filter(isKept).map { name in
      var facts = stat()
      let file = "\(folder)/\(name)"
      guard stat(file, &facts) == 0 else { throw failure(file) }
      return File(
        path: "\(folderName)/\(name)", mode: UInt32(facts.st_mode & 0o777), bytes: try bytes(file))
    }
  }

  /// The names in a folder, sorted; none if it is not there.
  static func names(in folder: String) throws -> [String] {
    guard let handle = opendir(folder) else {
      if errno == ENOENT { return [] }
      throw failure(folder)
    }
    defer { closedir(handle) }
    var found: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { found.append(name) }
    }
    return found.sorted()
  }

  /// Keys and certificates, but not what is half written.
  private static func isKept(_ name: String) -> Bool {
    name.hasSuffix(".pem") || name.hasSuffix(".key")
  }

  /// Whether a path that a backup names is one of ours: nothing is written anywhere else.
  static func isOurs(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == folderName, parts[1].utf8.count <= 100 else { return false }
    return !parts[1].hasPrefix(".") && isKept(String(parts[1]))
      && parts[1].utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
  }

  static func bytes(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var content: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while content.count <= HubStoreLimits.keptFileBytesMax {
      let count = piece.withUnsafeMutableBytes { systemRead(descriptor, $0) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(path) }
      if count == 0 { return content }
      content += piece[..<count]
    }
    throw HubBackupError.cannotRead(path: path, why: "it is too large for a key")
  }

  /// Writes a file that is not there yet, durable before it returns.
  static func write(_ file: File, to hub: String) throws {
    let target = try BackupTarget(path: "\(hub)/\(file.path)")
    try target.append(file.bytes, mode: file.mode)
    try target.finish()
  }

  static func failure(_ path: String) -> HubBackupError {
    .cannotRead(path: path, why: String(cString: strerror(errno)))
  }
}

/// The system's `read`, under a name that does not hide behind the method above.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
  read(descriptor, buffer.baseAddress, buffer.count)
}
