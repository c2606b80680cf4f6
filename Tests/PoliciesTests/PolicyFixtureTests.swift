import Foundation
import TestSupport
import Testing

@testable import Policies

/// What is said of files, kept beside each. After a change that is meant, write the new texts with
/// `TRIBUTARY_WRITE_FIXTURES=1 swift test --filter PolicyFixtureTests` and read the difference.
struct PolicyFixtureTests {
  private static let names: [String] = {
    let found = try? FileManager.default.contentsOfDirectory(atPath: fixture("Policies").path)
    return (found ?? []).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }()

  @Test func thereAreFixtures() {
    #expect(Self.names.count >= 20)
  }

  @Test(arguments: names)
  func isSaidAsKept(name: String) throws {
    let text = try Data(contentsOf: fixture("Policies/\(name).yaml"))
    let said = Self.said(of: Array(text)).map { "\($0)\n" }.joined()
    let kept = fixture("Policies/\(name).txt")
    if GoldenFile.isWriting { try said.write(to: kept, atomically: true, encoding: .utf8) }
    #expect(try String(contentsOf: kept, encoding: .utf8) == said)
  }

  /// As the command says it.
  private static func said(of text: [UInt8]) -> [String] {
    do {
      let file = try PolicyFile(compiling: text, names: Shop.names)
      var lines = file.warnings.map { "\($0)" }
      for summary in file.policy.summary(names: Shop.names) {
        lines.append(summary.table ?? "every other table")
        lines += summary.lines.map { "  \($0)" }
      }
      return lines
    } catch {
      return error.remarks.map { "\($0)" }
        + (error.untoldCount > 0 ? ["and \(error.untoldCount) more"] : [])
    }
  }

  /// Each sentence says what was not done, why, and what to do next.
  @Test(arguments: names)
  func sentencesEnd(name: String) throws {
    let text = try Data(contentsOf: fixture("Policies/\(name).yaml"))
    do {
      _ = try PolicyFile(compiling: Array(text), names: Shop.names)
    } catch {
      for remark in error.remarks where remark.kind == .error {
        let ends = remark.sentence.split(separator: /[.?](?= |$)/).count
        #expect(ends >= 2, "\(remark)")
        #expect(remark.sentence.hasSuffix(".") || remark.sentence.hasSuffix("?"), "\(remark)")
      }
      #expect(error.remarks.map(\.place) == error.remarks.map(\.place).sorted())
      #expect(error.remarks.contains { $0.kind == .error })
    }
  }
}
