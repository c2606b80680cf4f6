internal import FoundationEssentials
internal import Glibc
internal import Transport

/// The folder beside a branch's database: the device's key and certificate, what is staged, the
/// lock. Nothing of it is ever inside the database.
struct BranchFolder: Hashable, Sendable {
  let database: String
  private let part: String

  init(database: String) { self.init(database: database, part: "") }

  private init(database: String, part: String) {
    self.database = database
    self.part = part
  }

  var path: String { DeviceIdentity.folder(ofDatabase: database) + part }
  /// Where an identity waits until the database has it.
  var pending: BranchFolder { BranchFolder(database: database, part: "/pending") }
  var lock: String { path + "/lock" }
  /// What an enrolment gave, until the database is attached.
  var enrolment: String { path + "/enrolment" }

  /// For its owner only.
  private static let mode: mode_t = 0o700
  private static let fileMode: mode_t = 0o600

  var exists: Bool { access(path, F_OK) == 0 }

  func create() throws {
    if mkdir(path, Self.mode) != 0 {
      guard errno == EEXIST else { throw FileError(path: path, errno: errno) }
    }
    guard chmod(path, Self.mode) == 0 else { throw FileError(path: path, errno: errno) }
  }

  func remove() throws {
    guard exists else { return }
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw FileError(path: path, errno: EACCES)
    }
  }

  /// Writes a file that is either old or new and never half, durable before it returns.
  func write(_ bytes: [UInt8], to file: String) throws {
    let temporary = file + ".new"
    unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, Self.fileMode)
    guard descriptor >= 0 else { throw FileError(path: file, errno: errno) }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard written > 0 else { throw FileError(path: file, errno: errno) }
      rest = rest.dropFirst(written)
    }
    guard fsync(descriptor) == 0, rename(temporary, file) == 0 else {
      throw FileError(path: file, errno: errno)
    }
  }

  /// The file's bytes, or nil if there is none.
  func read(_ file: String, bytesMax: Int) throws -> [UInt8]? {
    guard access(file, F_OK) == 0 else { return nil }
    guard let data = FileManager.default.contents(atPath: file), data.count <= bytesMax else {
      throw FileError(path: file, errno: EIO)
    }
    return Array(data)
  }

  func removeFile(_ file: String) { unlink(file) }
}
