/// What is to be said of a place in a policy file.
package struct PolicyRemark: Hashable, Sendable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable {
    /// The file is no policy.
    case error
    /// The file is a policy, which may not be what was meant.
    case warning
  }

  package var kind: Kind
  package var place: TextPlace
  /// What was not done, why, and what to do next.
  package var sentence: String

  package init(_ kind: Kind, at place: TextPlace, _ sentence: String) {
    self.kind = kind
    self.place = place
    self.sentence = sentence
  }

  /// To stand behind the file's name: `4:7: error: …`.
  package var description: String {
    "\(place): \(kind == .error ? "error" : "warning"): \(sentence)"
  }
}

/// The remarks on one file, as they are found.
struct PolicyRemarks: Sendable {
  private var remarks: [PolicyRemark] = []
  private(set) var errorCount = 0
  private(set) var warningCount = 0

  var hasErrors: Bool { errorCount > 0 }

  mutating func refuse(at place: TextPlace, _ sentence: @autoclosure () -> String) {
    errorCount += 1
    guard errorCount <= PolicyLimits.remarksMax else { return }
    remarks.append(PolicyRemark(.error, at: place, sentence()))
  }

  mutating func warn(at place: TextPlace, _ sentence: @autoclosure () -> String) {
    warningCount += 1
    guard warningCount <= PolicyLimits.remarksMax else { return }
    remarks.append(PolicyRemark(.warning, at: place, sentence()))
  }

  /// In the order of their places.
  var sorted: [PolicyRemark] {
    let indexed = remarks.enumerated().sorted { left, right in
      (left.element.place, left.offset) < (right.element.place, right.offset)
    }
    return indexed.map(\.element)
  }

  /// How many were found and not kept.
  var untoldCount: Int { errorCount + warningCount - remarks.count }
}
