internal import Basics

/// Why bytes are not the delta they claim to be. Nothing of such a delta is applied.
package enum DeltaDecodingError: Error, Hashable, Sendable {
  /// The bytes end in the middle of something: ask for the rest.
  case truncated
  case unsupportedFormat(UInt64)
  /// A frame's checksum does not fit its bytes: ask again.
  case checksumMismatch
  /// The content is not what its hash says.
  case hashMismatch
  case tooLarge(what: String, limit: Int)
  /// Anything else that no writer of this format produces.
  case malformed(String)

  /// What was not done, why, and what to do next: one or two sentences for people.
  package var message: String {
    switch self {
    case .truncated:
      "The delta ends too early. Nothing of it was applied; sync again to fetch the rest."
    case .unsupportedFormat(let version):
      "The delta has format \(version), which this build cannot read. Upgrade this replica."
    case .checksumMismatch:
      "A piece of the delta was damaged on its way. Nothing of it was applied; sync again."
    case .hashMismatch:
      "A changeset's content does not fit its hash. Nothing of it was applied; sync again."
    case .tooLarge(let what, let limit):
      "The \(what) exceeds the limit of \(limit). Nothing of it was applied."
    case .malformed(let why):
      "What came could not be read: \(why). Nothing of it was applied."
    }
  }
}

extension DeltaDecodingError {
  init(_ error: ByteReaderError, in what: String) {
    self =
      switch error {
      case .truncated: .malformed("\(what) is cut short")
      case .notCanonical: .malformed("\(what) has a number that is not in its shortest form")
      case .overLimit: .malformed("\(what) claims more than is allowed")
      case .invalidText: .malformed("\(what) has a name that is not UTF-8")
      case .trailingBytes: .malformed("\(what) has bytes after its end")
      }
  }
}
