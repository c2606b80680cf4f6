internal import Basics
internal import Clocks
internal import Deltas

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Where changesets lie that arrive in pieces, one file each, until they are accepted.
struct StagingFolder: Sendable {
  let path: String

  /// Makes the folder and the one it is in; being there already is no error.
  func make(parent: String) throws {
    for folder in [parent, path] where mkdir(folder, 0o700) != 0 && errno != EEXIST {
      throw failure(folder, doing: "make its folder")
    }
  }

  func filePath(replica: ReplicaID, counter: UInt64, hash: ContentHash) -> String {
    "\(path)/\(replica.rawValue)-\(counter)-\(hash)"
  }

  /// How many bytes a file has; 0 if it is not there.
  func byteCount(_ file: String) -> Int {
    var facts = stat()
    return stat(file, &facts) == 0 ? Int(facts.st_size) : 0
  }

  /// Writes bytes at an offset that lies within or right after what the file has, and returns its
  /// length, once it is on the disk.
  func write(_ bytes: [UInt8], to file: String, at offset: Int) throws -> Int {
    let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(file, doing: "keep an upload") }
    defer { close(descriptor) }
    try bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count, let start = buffer.baseAddress {
        let count = pwrite(
          descriptor, start + written, buffer.count - written, off_t(offset + written))
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw failure(file, doing: "keep an upload") }
        written += count
      }
    }
    guard fsync(descriptor) == 0 else { throw failure(file, doing: "keep an upload") }
    try syncFolder()
    return byteCount(file)
  }

  /// A new file's name is on the disk only once its folder is.
  func syncFolder() throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, doing: "keep an upload") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(path, doing: "keep an upload") }
  }

  /// Lends a file's bytes piece by piece.
  func read(_ file: String, _ body: (ArraySlice<UInt8>) throws -> Void) throws {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(file, doing: "read an upload") }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: HubStoreLimits.stagedReadBytes)
    while true {
      let count = buffer.withUnsafeMutableBytes { systemRead(descriptor, $0) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(file, doing: "read an upload") }
      if count == 0 { return }
      try body(buffer[..<count])
    }
  }

  /// The first bytes of a file, up to a number.
  func beginning(of file: String, byteCount: Int) throws -> [UInt8] {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(file, doing: "read an upload") }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: byteCount)
    let count = buffer.withUnsafeMutableBytes { systemRead(descriptor, $0) }
    guard count >= 0 else { throw failure(file, doing: "read an upload") }
    return Array(buffer[..<count])
  }

  /// The names of all files in the folder.
  func fileNames() -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names
  }

  /// The staged changesets of a replica: counters and files.
  func files(of replica: ReplicaID) -> [(counter: UInt64, file: String)] {
    var found: [(counter: UInt64, file: String)] = []
    for name in fileNames() {
      let parts = name.split(separator: "-")
      guard parts.count == 3, parts[0] == String(replica.rawValue),
        let counter = UInt64(parts[1])
      else { continue }
      found.append((counter, "\(path)/\(name)"))
    }
    return found.sorted { $0.counter < $1.counter }
  }

  /// A file that cannot be removed now is removed with the replica's next exchange.
  func remove(_ file: String) { _ = unlink(file) }

  func failure(_ path: String, doing: String) -> HubStoreError {
    .file(path: path, reason: String(cString: strerror(errno)), doing: doing)
  }
}

/// The system's `read`, under a name that does not hide behind the method above.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
  read(descriptor, buffer.baseAddress, buffer.count)
}
