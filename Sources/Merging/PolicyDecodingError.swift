package import Deltas

/// Why bytes are no policy.
package enum PolicyDecodingError: Error, Hashable, Sendable {
  case malformed(DeltaDecodingError)
  case unfit(MergePolicyError)
}
