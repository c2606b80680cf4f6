import Foundation
import TestSupport
import Testing

/// What the program says of itself. After a change that is meant, write the new texts with
/// `TRIBUTARY_WRITE_HELP=1 swift test --filter HelpTests` and read the difference.
struct HelpTests {
  private static let commands = [
    [], ["join"], ["sync"], ["agent"], ["status"], ["set-hub"], ["leave"], ["conflicts"], ["why"],
    ["digest"],
    ["verify"], ["doctor"], ["hub"], ["hub", "init"], ["hub", "serve"], ["hub", "invite"],
    ["hub", "branches"], ["hub", "revoke"], ["hub", "vector"], ["hub", "backup"],
    ["hub", "restore"], ["hub", "retire"], ["hub", "salvage"], ["hub", "losses"], ["policy"],
    ["history"],
    ["policy", "check"], ["policy", "rehearse"], ["policy", "publish"], ["policy", "show"],
    ["policy", "versions"], ["policy", "rollback"], ["schema"], ["schema", "publish"],
    ["quarantine"], ["demo"], ["completion"],
  ]

  @Test(arguments: commands)
  func helpIsAsKept(command: [String]) async throws {
    let name = (["tributary"] + command).joined(separator: "-")
    let result = try await Program.run(command + ["--help"], environment: ["COLUMNS": "80"])
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    let kept = fixture("Help/\(name).txt")
    if ProcessInfo.processInfo.environment["TRIBUTARY_WRITE_HELP"] != nil {
      try result.output.write(to: kept, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOf: kept, encoding: .utf8) == result.output)
  }

  @Test func everyKeptTextIsOfACommand() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: fixture("Help").path)
    let names = Self.commands.map { (["tributary"] + $0).joined(separator: "-") + ".txt" }
    #expect(files.sorted() == names.sorted())
  }

  /// What the help shows is taken, whatever becomes of it where there is no hub.
  @Test(arguments: commands.filter({ $0 != ["agent"] && $0 != ["demo"] }))
  func examplesAreTaken(command: [String]) async throws {
    let name = (["tributary"] + command).joined(separator: "-")
    let help = try String(contentsOf: fixture("Help/\(name).txt"), encoding: .utf8)
    let folder = try TemporaryFolder()
    for line in help.replacing("\\\n", with: "").split(separator: "\n")
    where line.hasPrefix("  tributary ") && !line.contains(where: { "…>(".contains($0) }) {
      let words = Self.words(line.replacing("/srv/", with: "")).dropFirst()
      let result = try await Program.run(Array(words), in: folder.url)
      #expect(result.status != 64, "\(words): \(result.errors)")
    }
  }

  /// As a shell takes a line apart.
  private static func words(_ line: Substring) -> [String] {
    let parts = line.split(separator: "'", omittingEmptySubsequences: false)
    return parts.enumerated().flatMap { index, part in
      index.isMultiple(of: 2) ? part.split(separator: " ").map(String.init) : [String(part)]
    }
  }

  @Test func theVersionIsOneLine() async throws {
    let result = try await Program.run(["--version"])
    #expect(result.status == 0)
    #expect(result.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func shellsGetTheirCompletions(shell: String) async throws {
    let result = try await Program.run(["completion", shell])
    #expect(result.status == 0)
    #expect(result.output.contains("conflicts"))
    let other = try await Program.run(["--generate-completion-script", shell])
    #expect(other.output == result.output)
  }
}
