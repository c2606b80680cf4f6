import Foundation
import TestSupport
import Testing

@testable import TributaryCommand

struct DemoTests {
  @Test func theDemoTellsItsStory() async throws {
    let folder = try TemporaryFolder()
    let result = try await Program.run(["demo", "--keep", "kept"], in: folder.url)
    #expect(result.status == 0, "\(result)")
    #expect(result.output.contains("Equal everywhere."))
    #expect(result.output.contains("0755-5550-8801, written"))
    for line in result.output.split(separator: "\n") where !line.contains("$ sqlite3") {
      #expect(DisplayWidth.of(line) <= 80, "\(line)")
    }
    let kept = try FileManager.default.contentsOfDirectory(atPath: folder.path("kept"))
    #expect(Set(kept).isSuperset(of: ["hub", "nanshan.db", "luohu.db", "linwei.db"]))
    let again = try await Program.run(["demo", "--keep", "kept"], in: folder.url)
    expectFailure(again, .alreadyExists)
  }

  @Test func nothingRemains() async throws {
    let folder = try TemporaryFolder()
    let demo = try Program.start(["demo"], environment: ["TMPDIR": folder.url.path])
    _ = await demo.firstLine { demo.signal(SIGINT) }
    let result = await demo.finish()
    #expect(result.status == 130)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
  }
}
