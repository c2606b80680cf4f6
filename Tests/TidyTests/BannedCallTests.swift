import Testing

struct BannedCallTests {
  @Test func holdsForTheProject() throws {
    let found = try BannedCallCheck.findings(in: try projectFiles())
    #expect(found.isEmpty, "\(found.report)")
  }

  @Test(arguments: [
    "internal import Foundation", "internal import FoundationEssentials", "let now = Date()",
    "let id = UUID()", "let roll = Int.random(in: 0..<6)", "rows.shuffle()",
    "let one = rows.randomElement()", "Task { work() }", "func wait() async {}",
    "let a = await b", "print(\"hello\")", "let clock = ContinuousClock()",
    "var generator = SystemRandomNumberGenerator()",
  ])
  func isSeenInThePureCore(line: String) throws {
    let planted = SourceFile("Sources/Merging/Planted.swift", "\n\(line)\n")
    let found = try BannedCallCheck.findings(in: [planted])
    #expect(found.contains { $0.line == 2 }, "\(line)")
    let elsewhere = SourceFile("Sources/Agent/Planted.swift", "\n\(line)\n")
    #expect(try BannedCallCheck.findings(in: [elsewhere]) == [])
  }

  @Test(arguments: [
    "let a = try! b()", "let c = d as! Int", "let e = f!", "let g = h[0]!.i", "public let j = 1",
    "precondition(a == b)", "assert(true)", "usleep(5)", "Task.detached { }",
  ])
  func isSeenInTheWholeProduct(line: String) throws {
    let planted = SourceFile("Sources/HubServer/Planted.swift", "\(line)\n")
    #expect(try BannedCallCheck.findings(in: [planted]).map(\.line).contains(1), "\(line)")
    let test = SourceFile("Tests/HubServerTests/Planted.swift", "\(line)\n")
    #expect(try BannedCallCheck.findings(in: [test]) == [])
  }

  @Test(arguments: [
    "let roll = Int.random(in: 0..<6, using: &generator)", "// Date() is not asked",
    "let sentence = \"print(1), then await!\"", "if a != b, !c { }", "let asynchronous = 1",
    "rows.shuffle(using: &generator)", "let blueprint = fingerprint(a)",
  ])
  func isNoFinding(line: String) throws {
    let file = SourceFile("Sources/Clocks/Fine.swift", "\(line)\n")
    #expect(try BannedCallCheck.findings(in: [file]) == [])
  }
}
