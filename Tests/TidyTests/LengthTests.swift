import Testing

struct LengthTests {
  @Test func holdsForTheProject() throws {
    let found = LengthCheck.findings(in: try projectFiles())
    #expect(found.isEmpty, "\(found.report)")
  }

  private func file(_ text: String) -> SourceFile { SourceFile("Sources/A/B.swift", text) }

  @Test func aFileOfTheGreatestLengthIsFineAndOneLineMoreIsSeen() {
    let line = "let a = 1\n"
    #expect(LengthCheck.findings(in: [file(String(repeating: line, count: 600))]) == [])
    let found = LengthCheck.findings(in: [file(String(repeating: line, count: 601))])
    #expect(found.map(\.sentence) == ["601 lines; at most 600. Split it by what it is about."])
  }

  @Test func aLongLineIsSeenUnlessItHoldsAnAddress() {
    let long = "let a = 1  // " + String(repeating: "x", count: 90)
    #expect(LengthCheck.findings(in: [file("\n\(long)\n")]).map(\.line) == [2])
    #expect(LengthCheck.findings(in: [file("// https://example.org/\(long)\n")]) == [])
  }

  @Test func aLongFunctionIsSeen() {
    let body = String(repeating: "    work()\n", count: 69)
    let text = "struct S {\n  package static func long(\n    a: Int\n  ) -> Int {\n\(body)  }\n}\n"
    let found = LengthCheck.findings(in: [file(text)])
    #expect(found.map(\.line) == [2])
    #expect(found.first?.sentence.hasPrefix("long has 73 lines") == true)
    let short = "func short() {\n\(String(repeating: "  work()\n", count: 68))}\n"
    #expect(LengthCheck.findings(in: [file(short)]) == [])
  }

  @Test func functionsAreFoundWhateverStandsInStringsAndComments() {
    let text = #"""
      protocol P {
        func required(_ a: Int) throws -> Int
        init(a: Int)
      }
      struct S {
        func first() { let brace = "}" /* } */ }
        init?(text: String) {
          // }
          print("\(text.map { "{\($0)" })")
        }
        @Test(.enabled(if: true)) func second() async {
        }
      }
      """#
    let functions = LengthCheck.functions(in: file(text))
    #expect(functions.map(\.name) == ["first", "init", "second"])
    #expect(functions.map(\.lineCount) == [1, 4, 2])
  }
}
