internal import Basics
internal import FoundationEssentials
internal import Glibc
internal import HubStore

/// A file in the hub's folder that says which state of the store was served last, and where: so
/// that one that was copied without `hub restore` is noticed before it is served.
struct ServingMark {
  /// What does not fit.
  struct Doubt: Hashable {
    var what: String
    /// Whether the store is not the file that was served last.
    var isCopy: Bool
  }

  private struct Facts: Hashable {
    var service: String
    var file: String
    var host: String
    var path: String

    var text: String { [service, file, host, path].joined(separator: "\n") + "\n" }

    init(service: String, file: String, host: String, path: String) {
      (self.service, self.file, self.host, self.path) = (service, file, host, path)
    }

    init?(text: String) {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      guard lines.count == 5 else { return nil }
      self.init(service: lines[0], file: lines[1], host: lines[2], path: lines[3])
    }
  }

  private let folder: String
  private var mark: String { folder + "/" + HubStore.servingMarkName }

  init(folder: String) { self.folder = folder }

  /// What is odd about the store that is about to be served; nil for one that was restored, or was
  /// served here last.
  func doubt(about store: HubStore) throws -> Doubt? {
    guard let present = try facts(of: store) else { return nil }
    guard let bytes = FileManager.default.contents(atPath: mark),
      let marked = Facts(text: String(decoding: bytes, as: UTF8.self))
    else {
      return Doubt(what: "The store was served before, but not in this folder.", isCopy: true)
    }
    if marked.service != present.service || marked.file != present.file {
      return Doubt(what: "The store is not the file that was served here last.", isCopy: true)
    }
    guard marked != present else { return nil }
    let host = ValueText.escaped(marked.host)
    return Doubt(
      what: "The store was last served as \(ValueText.escaped(marked.path)) on \(host).",
      isCopy: false)
  }

  /// Marks the store as the one that is served here.
  func write(for store: HubStore) throws {
    guard let present = try facts(of: store) else { return }
    let temporary = mark + ".new"
    guard FileManager.default.createFile(atPath: temporary, contents: Data(present.text.utf8)),
      rename(temporary, mark) == 0
    else { throw FileError(path: mark, errno: errno) }
  }

  private func facts(of store: HubStore) throws -> Facts? {
    guard let service = try store.serviceName() else { return nil }
    var file = stat()
    guard stat(folder + "/hub.db", &file) == 0 else {
      throw FileError(path: folder + "/hub.db", errno: errno)
    }
    return Facts(
      service: hexadecimal(service), file: "\(file.st_ino)", host: Self.hostName(),
      path: Self.canonical(folder))
  }

  private static func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func canonical(_ path: String) -> String {
    guard let found = realpath(path, nil) else { return path }
    defer { free(found) }
    return String(cString: found)
  }
}
