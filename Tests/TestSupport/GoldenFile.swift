internal import Basics
package import Foundation

/// Golden bytes of the wire format: `Fixtures/Deltas/v1` and so on, as hexadecimal text in lines of
/// 32 bytes.
///
/// What a released version has written is never changed: every later version must read it.
package enum GoldenFile {
  /// Whether the tests write the files anew instead of comparing with them.
  package static var isWriting: Bool {
    ProcessInfo.processInfo.environment["TRIBUTARY_WRITE_FIXTURES"] == "1"
  }

  /// The bytes of a version that is not written any more.
  package static func bytes(_ name: String, version: Int) throws -> [UInt8] {
    try hexadecimalFile(fixture("Deltas/v\(version)/\(name)"))
  }

  /// The bytes that a file stands for. With `isWriting`, the file is first written from `bytes`.
  package static func bytes(
    _ name: String, version: Int = 1, from bytes: [UInt8]
  ) throws -> [UInt8] {
    let file = fixture("Deltas/v\(version)/\(name)")
    if isWriting {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(hexadecimalLines(bytes).utf8).write(to: file)
    }
    return try hexadecimalFile(file)
  }

  /// The bytes of a file of hexadecimal text, whose white space means nothing.
  package static func hexadecimalFile(_ file: URL) throws -> [UInt8] {
    let text = try String(contentsOf: file, encoding: .utf8).filter { !$0.isWhitespace }
    guard let bytes = Basics.bytes(hexadecimal: text) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    return bytes
  }

  package static func hexadecimalLines(_ bytes: [UInt8]) -> String {
    stride(from: 0, to: bytes.count, by: 32).map {
      hexadecimal(bytes[$0..<min($0 + 32, bytes.count)]) + "\n"
    }.joined()
  }
}
