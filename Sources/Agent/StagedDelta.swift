package import BranchStore
package import Clocks
internal import Deltas
internal import Glibc
package import Sessions

/// The beginning of a delta on disk, while it is being fetched.
///
/// One file, named for the generation and the positions between which it lies, for whom it is, and
/// by the hash of the log at its end: a hub that went back may call something else by the same
/// place. These name its bytes, so a transfer that was interrupted, by a crash too, goes on where
/// the file ends. Every frame in it is checked when it is applied.
package struct StagedDelta {
  /// The folder in which the file lies; it exists.
  private let folder: String
  /// Who the deltas are for that are not for anyone.
  private let receiver: ReplicaID

  private static let prefix = "incoming-"
  private static let suffix = ".delta"

  package init(folder: String, receiver: ReplicaID) {
    self.folder = folder
    self.receiver = receiver
  }

  /// Where the delta lies.
  package func path(of response: ExchangeResponse) -> String {
    let name = "\(response.generation)-\(response.from)-\(response.to)-\(kind(of: response))"
    return "\(folder)/\(Self.prefix)\(name)-\(response.logHash)\(Self.suffix)"
  }

  /// How much of the delta is there; 0 if nothing is.
  package func byteCount(of response: ExchangeResponse) -> Int {
    var facts = stat()
    guard stat(path(of: response), &facts) == 0 else { return 0 }
    return Int(facts.st_size)
  }

  private func kind(of response: ExchangeResponse) -> String {
    if response.isWholeState { return Self.wholeState }
    return response.isForAnyone ? Self.anyone : receiver.description
  }

  private static let anyone = "anyone"
  private static let wholeState = "whole"

  /// The end of a delta for this branch that lies here in part, if any: one from its position, or
  /// one that brings it elsewhere.
  package func end(from position: LogPosition) -> LogPosition? {
    for name in names() where name.hasPrefix(Self.prefix) && name.hasSuffix(Self.suffix) {
      let parts = name.dropFirst(Self.prefix.count).dropLast(Self.suffix.count).split(
        separator: "-")
      guard parts.count == 5, let to = UInt64(parts[2]) else { continue }
      let isOwn = parts[3] == receiver.description && parts[1] == position.description
      if isOwn || parts[3] == Self.anyone || parts[3] == Self.wholeState {
        return LogPosition(to)
      }
    }
    return nil
  }

  /// Adds a piece where it belongs and returns how much is there. A piece that does not continue
  /// what is there is left out.
  package func append(
    _ bytes: [UInt8], at offset: Int, of response: ExchangeResponse
  ) throws(StagingError) -> Int {
    let there = byteCount(of: response)
    guard offset <= there, offset + bytes.count > there else { return there }
    let file = open(path(of: response), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw StagingError(folder: folder, errno: errno) }
    defer { close(file) }
    var written = there - offset
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        pwrite(
          file, buffer.baseAddress?.advanced(by: written), buffer.count - written,
          off_t(offset + written))
      }
      guard count > 0 else { throw StagingError(folder: folder, errno: errno) }
      written += count
    }
    return offset + bytes.count
  }

  /// The delta's bytes, piece by piece, as the store takes them; nothing for an empty delta.
  package func source(of response: ExchangeResponse) throws(StagingError) -> DeltaSource {
    guard response.deltaByteCount > 0 else { return { [] } }
    let file = open(path(of: response), O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw StagingError(folder: folder, errno: errno) }
    let folder = folder
    let handle = OwnedFile(descriptor: file)
    return {
      try [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { buffer, count in
        let read = Glibc.read(handle.descriptor, buffer.baseAddress, Self.pieceBytes)
        guard read >= 0 else { throw StagingError(folder: folder, errno: errno) }
        count = read
      }
    }
  }

  private static let pieceBytes = 256 << 10

  /// Closes its descriptor with itself.
  private final class OwnedFile {
    let descriptor: Int32
    init(descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }
  }

  /// Removes every delta that lies here: it was applied, or is not wanted any more.
  package func removeAll() { remove { _ in true } }

  /// Removes deltas other than this one.
  package func removeOthers(than response: ExchangeResponse) {
    let kept = path(of: response)
    remove { kept != "\(folder)/\($0)" }
  }

  private func remove(where isUnwanted: (String) -> Bool) {
    for name in names()
    where name.hasPrefix(Self.prefix) && name.hasSuffix(Self.suffix) && isUnwanted(name) {
      unlink("\(folder)/\(name)")
    }
  }

  private func names() -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var result: [String] = []
    while let entry = readdir(directory) {
      result.append(
        withUnsafePointer(to: &entry.pointee.d_name) { name in
          name.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
            String(cString: $0)
          }
        })
    }
    return result
  }
}

/// A delta could not be kept on disk while it was being fetched.
package struct StagingError: Error, Hashable, Sendable {
  package let folder: String
  package let errno: Int32

  package var isDiskFull: Bool { errno == ENOSPC || errno == EDQUOT }

  package var message: String {
    let why = String(cString: strerror(errno))
    return """
      What the hub sent could not be kept in \(folder): \(why). Nothing of it was applied and \
      nothing was lost. \(isDiskFull ? "Make room on the disk" : "Make the folder writable") and \
      sync again.
      """
  }
}
