package import Deltas

/// Why bytes are no policy.
package enum PolicyDecodingError: Error, Hashable, Sendable {
  case malformed(DeltaDecodingError)
  case unfit(MergePolicyError)

  /// Why, in one or two sentences.
  package var message: String {
    switch self {
    case .malformed(.unsupportedFormat(let version)):
      "It has format \(version), which this build cannot read."
    case .malformed(.malformed(let why)): "Its bytes are none: \(why)."
    case .malformed: "Its bytes are none."
    case .unfit(let error): error.message
    }
  }
}
