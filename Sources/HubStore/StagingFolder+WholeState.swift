internal import Clocks

#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Glibc
#endif

/// Whole states lie beside the uploads, named by the place of the log whose rows they hold.
extension StagingFolder {
  /// A file of rows, written once and never changed.
  struct WholeStateFile: Hashable, Sendable {
    let place: CausalContext
    let file: String
  }

  private static let prefix = "whole-"
  private static let unfinishedSuffix = "-unfinished"

  func wholeStatePath(_ place: CausalContext) -> String {
    "\(path)/\(Self.prefix)\(place.generation)-\(place.position.rawValue)"
  }

  /// The whole states that are there, by their positions.
  func wholeStates() -> [WholeStateFile] {
    fileNames().compactMap { name in
      let parts = name.split(separator: "-")
      guard name.hasPrefix(Self.prefix), parts.count == 3,
        let generation = GenerationID(String(parts[1])), let position = UInt64(parts[2])
      else { return nil }
      return WholeStateFile(
        place: CausalContext(generation: generation, position: LogPosition(position)),
        file: "\(path)/\(name)")
    }.sorted { $0.place.position < $1.place.position }
  }

  /// Writes a file from the pieces that `body` hands over: afterwards it is there whole, and on the
  /// disk, or not at all.
  func writeWholeState(
    _ place: CausalContext, _ body: (_ append: @escaping ([UInt8]) throws -> Void) throws -> Void
  ) throws {
    let file = wholeStatePath(place)
    let unfinished = file + Self.unfinishedSuffix
    let descriptor = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(unfinished, doing: Self.doing) }
    defer { close(descriptor) }
    do {
      try body { bytes in try append(bytes, to: descriptor, file) }
      guard fsync(descriptor) == 0, rename(unfinished, file) == 0 else {
        throw failure(file, doing: Self.doing)
      }
    } catch {
      remove(unfinished)
      throw error
    }
    try syncFolder()
  }

  private func append(_ bytes: [UInt8], to descriptor: Int32, _ file: String) throws {
    try bytes.withUnsafeBytes { buffer in
      var written = 0
      while written < buffer.count, let start = buffer.baseAddress {
        let count = systemWrite(descriptor, start + written, buffer.count - written)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw failure(file, doing: Self.doing) }
        written += count
      }
    }
  }

  /// The bytes from an offset on, fewer at the end.
  func readWholeState(_ place: CausalContext, offset: Int, byteCount: Int) throws -> [UInt8] {
    let file = wholeStatePath(place)
    let wanted = min(max(0, byteCount), max(0, self.byteCount(file) - offset))
    guard wanted > 0 else { return [] }
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(file, doing: Self.doing) }
    defer { close(descriptor) }
    return try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
      while count < wanted, let start = buffer.baseAddress {
        let got = pread(descriptor, start + count, wanted - count, off_t(offset + count))
        if got < 0, errno == EINTR { continue }
        guard got > 0 else { throw failure(file, doing: Self.doing) }
        count += got
      }
    }
  }

  private static let doing = "keep the whole state"
}

/// The system's `write`, under a name that does not hide behind the folder's.
private func systemWrite(
  _ descriptor: Int32, _ buffer: UnsafeRawPointer, _ byteCount: Int
) -> Int {
  write(descriptor, buffer, byteCount)
}
