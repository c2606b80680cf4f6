internal import Glibc

/// Files of keys and certificates: small, written whole or not at all, readable by whom they
/// concern only.
enum CredentialFile {
  /// Keys are for their owner alone; certificates are for everybody.
  enum Access: UInt32 {
    case owner = 0o600
    case everybody = 0o644
  }

  /// Makes a folder that only its owner can enter, or tightens the mode of one that exists.
  static func makePrivateFolder(_ path: String) throws(CredentialError) {
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw failure(path) }
    var entry = stat()
    guard stat(path, &entry) == 0 else { throw failure(path) }
    guard entry.st_mode & S_IFMT == S_IFDIR else {
      throw .file(path: path, why: "it is not a folder")
    }
    guard chmod(path, 0o700) == 0 else { throw failure(path) }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  static func read(_ path: String) throws(CredentialError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { throw .missing(path: path) }
      throw failure(path)
    }
    defer { close(descriptor) }
    let limit = TransportLimits.credentialFileBytesMax
    var content = [UInt8](repeating: 0, count: limit + 1)
    var count = 0
    while count <= limit {
      let got = content.withUnsafeMutableBytes {
        systemRead(descriptor, $0.baseAddress?.advanced(by: count), limit + 1 - count)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw failure(path) }
      if got == 0 { break }
      count += got
    }
    guard count <= limit else {
      throw .file(path: path, why: "it is larger than \(limit) bytes")
    }
    content.removeLast(content.count - count)
    return content
  }

  static func readText(_ path: String) throws(CredentialError) -> String {
    guard let text = String(validating: try read(path), as: UTF8.self) else {
      throw .malformed(what: path, why: "it is not text")
    }
    return text
  }

  /// Replaces the file: after a crash it has its old content or its new one.
  static func write(
    _ content: String, to path: String, access: Access
  ) throws(CredentialError) {
    let temporary = "\(path).\(getpid()).new"
    unlink(temporary)
    let descriptor = open(
      temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(access.rawValue))
    guard descriptor >= 0 else { throw failure(path) }
    let written = writeAll(Array(content.utf8), to: descriptor)
    let closed = close(descriptor) == 0
    guard written, closed, rename(temporary, path) == 0 else {
      let error = failure(path)
      unlink(temporary)
      throw error
    }
    syncFolder(of: path)
  }

  /// Gives a file another name, which it takes from whatever has it. A file that is not there was
  /// moved before.
  static func move(_ path: String, to target: String) throws(CredentialError) {
    guard rename(path, target) == 0 || errno == ENOENT else { throw failure(target) }
    syncFolder(of: target)
  }

  static func remove(_ path: String) throws(CredentialError) {
    if unlink(path) != 0, errno != ENOENT { throw failure(path) }
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes {
        systemWrite(descriptor, $0.baseAddress?.advanced(by: offset), bytes.count - offset)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      offset += count
    }
    return fsync(descriptor) == 0
  }

  /// Makes a rename durable. Some file systems refuse to sync a folder; the rename stands then.
  private static func syncFolder(of path: String) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    let descriptor = open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private static func failure(_ path: String) -> CredentialError {
    .file(path: path, why: systemErrorText(errno))
  }
}

// The C functions under names that the methods above do not hide.
private func systemRead(
  _ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int
) -> Int { read(descriptor, buffer, count) }

private func systemWrite(
  _ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int
) -> Int { write(descriptor, buffer, count) }
