/// Why the hub did nothing, for the program and for people.
package struct Refusal: Error, Hashable, Sendable {
  package var code: RefusalCode
  /// What was not done, why, and what to do next.
  package var message: String

  package init(code: RefusalCode, message: String) {
    self.code = code
    self.message = message
  }
}
