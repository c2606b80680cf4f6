import Foundation
import TestSupport
import Testing

extension EndToEnd {
  struct DocumentationTests {
    /// Every command that a document shows exists.
    @Test func everyDocumentedCommandExists() throws {
      var commands: Set<[String]> = []
      for document in ["README.md", "docs/operations.md", "deploy/README.md"] {
        let url = projectFolder.appendingPathComponent(document)
        let text = try String(contentsOf: url, encoding: .utf8)
        for line in text.split(separator: "\n") {
          let words = line.split { " `\"'()".contains($0) }.map(String.init)
          for (index, word) in words.enumerated() where word == "tributary" {
            let names = words[(index + 1)...].prefix(2).prefix { $0.allSatisfy(\.isLowercase) }
            guard let first = names.first, Self.known.contains(first) else { continue }
            commands.insert(first == "hub" ? Array(names) : [first])
          }
        }
      }
      #expect(commands.count > 8)
      for command in commands {
        let ended = try Program.run(command + ["--help"])
        #expect(ended.status == 0, "\(ended)")
      }
    }

    private static let known: Set<String> = [
      "hub", "join", "sync", "agent", "status", "conflicts", "why", "verify", "digest", "doctor",
      "leave", "demo",
    ]

    /// The short tour works, and says what it shows.
    @Test func theDemoRuns() throws {
      let ended = try Program.run(["demo"])
      try expect(ended, 0)
      for part in ["南山支行", "罗湖支行"] { #expect(ended.output.contains(part), "\(ended)") }
    }
  }
}
