import Foundation
import TestSupport
import Testing

@testable import TributaryCommand

struct ErrorCodeTests {
  private static func rows() throws -> [[String]] {
    let page = projectFolder.appendingPathComponent("docs/errors.md")
    return try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
      .filter { $0.hasPrefix("| ") }
      .map { line in
        line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      }
  }

  @Test func thePageListsEveryCodeWithItsExit() throws {
    let listed = try Self.rows().compactMap { row -> String? in
      guard let code = row.first, code.hasPrefix("`"), row.count == 3 else { return nil }
      return code.dropFirst().dropLast() + " " + row[1]
    }
    let codes = ErrorCode.allCases.map { "\($0.rawValue) \($0.status.rawValue)" }
    #expect(listed.sorted() == codes.sorted())
  }

  @Test func thePageListsEveryExitCode() throws {
    let listed = try Self.rows().filter { Int32($0[0]) != nil && $0.count == 2 }
    #expect(
      listed == ExitStatus.allCases.map { ["\($0.rawValue)", $0.meaning] })
  }

  @Test func thePageListsEveryRefusal() throws {
    let listed = try Self.rows().filter { UInt16($0[0]) != nil && $0.count == 3 }
      .map { "\($0[0]) \($0[1])" }
    #expect(listed == ErrorCode.ofRefusals.map { "\($0.number) `\($0.code.rawValue)`" })
  }

  @Test func aMessageHasThreeParts() {
    let failure = CommandFailure(
      .hubUnreachable, undone: "a.db was not synced.", why: "Nobody answers.", next: "Try later.")
    #expect(
      failure.lines(width: nil) == [
        "tributary: a.db was not synced. [hub-unreachable]", "  Nobody answers.", "  Try later.",
      ])
    #expect(failure.lines(width: 10).dropFirst().allSatisfy { $0.count <= 10 })
  }
}
