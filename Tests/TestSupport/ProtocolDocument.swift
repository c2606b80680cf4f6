internal import Basics
internal import Foundation

/// What docs/protocol.md says, for the tests that hold it to the code.
package enum ProtocolDocument {
  private static func lines() throws -> [Substring] {
    let file = projectFolder.appendingPathComponent("docs/protocol.md")
    return try String(contentsOf: file, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
  }

  /// The bytes of a fenced example; what follows a semicolon explains them.
  package static func example(_ name: String) throws -> [UInt8] {
    let inside = try lines().drop { $0 != "```hex \(name)" }.dropFirst().prefix { $0 != "```" }
    let digits = inside.map { $0.prefix { $0 != ";" }.filter { !$0.isWhitespace } }.joined()
    guard !digits.isEmpty, let bytes = bytes(hexadecimal: digits) else {
      throw CocoaError(.fileReadCorruptFile)
    }
    return bytes
  }

  /// The cells of all table rows below a heading, the tables' heads included.
  package static func rows(of heading: String) throws -> [[String]] {
    let section = try lines().drop { $0 != "## \(heading)" }.dropFirst().prefix {
      !$0.hasPrefix("## ")
    }
    return section.filter { $0.hasPrefix("| ") && !$0.hasPrefix("| ---") }.map { line in
      line.dropFirst(2).dropLast(2).components(separatedBy: " | ")
    }
  }

  /// The documented limits by name.
  package static func limits() throws -> [String: Int] {
    let rows = try rows(of: "Limits").map { ($0[0], Int($0[1].filter { $0 != "," })) }
    let known = rows.compactMap { name, limit in limit.map { (name, $0) } }
    return Dictionary(known) { first, _ in first }
  }
}
