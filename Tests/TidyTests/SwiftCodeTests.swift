import Testing

struct SwiftCodeTests {
  @Test(arguments: [
    ("a // b", "a     "), ("a /* b /* c */ d */ e", "a                   e"),
    (#"say("a { b")"#, #"say("     ")"#), (#"say("\"a")"#, #"say("   ")"#),
    (#"say("a \(b { "c" }) d")"#, #"say("   (b { " " })  ")"#),
    (##"say(#"a "b" \(c)"#)"##, ##"say(#"          "#)"##),
  ])
  func blanksWhatIsNoCode(text: String, code: String) {
    #expect(codeOnly(text) == code)
  }

  @Test func keepsLinesWhereTheyAre() {
    let text = "let a = \"\"\"\n  func b() {\n  \"\"\"\nlet c = 1\n"
    #expect(codeOnly(text) == "let a = \"\"\"\n            \n  \"\"\"\nlet c = 1\n")
  }

  @Test func survivesAnythingUnfinished() {
    for text in ["\"", "\"\"\"", "/*", "#\"", "\"\\(", "\"\\", "#/", "\"a\nb\""] {
      #expect(codeOnly(text).utf8.count == text.utf8.count)
    }
  }
}
