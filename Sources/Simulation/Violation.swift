/// A promise that a run has seen broken.
package struct Violation: Hashable, Sendable, CustomStringConvertible {
  /// The checker's name.
  package var checker: String
  /// What is wrong, and why it cannot be.
  package var sentence: String

  package init(_ checker: String, _ sentence: String) {
    self.checker = checker
    self.sentence = sentence
  }

  package var description: String { "\(checker): \(sentence)" }
}
