import Foundation
import TestSupport
import Testing

extension EndToEnd {
  struct DocumentationTests {
    /// Every command that a document shows exists.
    @Test func everyDocumentedCommandExists() throws {
      var commands: Set<[String]> = []
      for document in ["README.md", "docs/operations.md", "docs/policy.md", "deploy/README.md"] {
        let url = projectFolder.appendingPathComponent(document)
        let text = try String(contentsOf: url, encoding: .utf8)
        for line in text.split(separator: "\n") {
          let words = line.split { " `\"'()".contains($0) }.map(String.init)
          for (index, word) in words.enumerated() where word == "tributary" {
            let names = words[(index + 1)...].prefix(2).prefix { $0.allSatisfy(\.isLowercase) }
            guard let first = names.first, Self.known.contains(first) else { continue }
            commands.insert(["hub", "policy"].contains(first) ? Array(names) : [first])
          }
        }
      }
      #expect(commands.count > 8)
      for command in commands {
        let ended = try Program.run(command + ["--help"])
        #expect(ended.status == 0, "\(ended)")
      }
    }

    /// The drills of docs/operations.md, command by command, on a hub with a branch.
    @Test func theDrillsWork() throws {
      let world = try World(schema: "CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT)")
      let database = world.path("a.db")
      try world.join(database, as: "Riverside")
      try Program.sql(database, "INSERT INTO note VALUES (1, 'a')")
      try world.sync(database)
      let page = try String(
        contentsOf: projectFolder.appendingPathComponent("docs/operations.md"), encoding: .utf8)
      var isDrill = false
      var count = 0
      for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
        if line.hasPrefix("```") {
          isDrill = line == "```drill"
          continue
        }
        guard isDrill else { continue }
        let words = line.split(separator: " ").map(String.init)
        try #require(words.first == "tributary", "\(line)")
        let arguments = words.dropFirst().map { word in
          switch word {
          case "HUB": world.hub
          case "DB": database
          // The same hub under another name.
          case "https://hub2.example.com:8443":
            world.url.replacing("127.0.0.1", with: "localhost")
          case "NAME": "Riverside"
          case "hub.backup", "drilled", "rebuilt": world.path(word)
          default: word
          }
        }
        try expect(Program.run(Array(arguments)), 0)
        count += 1
      }
      #expect(count > 8)
      #expect(try world.digest(world.path("rebuilt")) == world.digest(world.hub))
    }

    private static let known: Set<String> = [
      "hub", "join", "sync", "agent", "status", "conflicts", "why", "verify", "digest", "doctor",
      "leave", "demo", "policy", "history",
    ]

    /// The short tour works, and says what it shows.
    @Test func theDemoRuns() throws {
      let ended = try Program.run(["demo"])
      try expect(ended, 0)
      for part in ["南山支行", "罗湖支行"] { #expect(ended.output.contains(part), "\(ended)") }
    }
  }
}
