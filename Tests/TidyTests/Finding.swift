/// One thing that a check found: where, and a sentence that says what to do.
struct Finding: Hashable, CustomStringConvertible {
  var path: String
  /// From 1; nil for the file as a whole.
  var line: Int?
  var sentence: String

  init(_ path: String, line: Int? = nil, _ sentence: String) {
    self.path = path
    self.line = line
    self.sentence = sentence
  }

  var description: String {
    "\(path)\(line.map { ":\($0)" } ?? ""): \(sentence)"
  }
}

extension [Finding] {
  /// For failures: one finding a line.
  var report: String { map(\.description).joined(separator: "\n") }
}
