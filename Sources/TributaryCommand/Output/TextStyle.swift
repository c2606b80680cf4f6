/// How words are set apart on a terminal: not at all, or with the terminal's own attributes.
struct TextStyle: Hashable, Sendable {
  let isEnabled: Bool

  static let plain = TextStyle(isEnabled: false)

  func heading(_ text: String) -> String { wrapped(text, code: "1") }
  func strong(_ text: String) -> String { wrapped(text, code: "1") }
  func faint(_ text: String) -> String { wrapped(text, code: "2") }
  func good(_ text: String) -> String { wrapped(text, code: "32") }
  func warning(_ text: String) -> String { wrapped(text, code: "33") }
  func bad(_ text: String) -> String { wrapped(text, code: "31") }
  func command(_ text: String) -> String { wrapped(text, code: "36") }

  private func wrapped(_ text: String, code: String) -> String {
    isEnabled && !text.isEmpty ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
  }
}
