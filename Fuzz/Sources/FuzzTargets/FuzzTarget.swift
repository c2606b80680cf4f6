/// A property that holds for any bytes whatever.
///
/// The fuzzer looks for bytes that break it; the tests replay the bytes that are kept in
/// `Fixtures/Corpus`, and see that each property notices a bug that was planted.
package protocol FuzzTarget: Sendable {
  /// What people call it, and the name of its folder in `Fixtures/Corpus`.
  static var name: String { get }
  /// Inputs of more bytes find nothing that shorter ones do not.
  static var inputBytesMax: Int { get }

  /// With a bug planted in what is tested, if `isBroken`.
  init(isBroken: Bool)

  /// Returns if the property holds. Bytes that are refused as they should be are no finding.
  func check(_ input: [UInt8]) throws(FuzzFinding)
}

extension FuzzTarget {
  package static var inputBytesMax: Int { 4_096 }
}

/// What a property found: a sentence that says what does not hold.
package struct FuzzFinding: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}

/// Throws a finding unless the condition holds.
package func hold(
  _ condition: Bool, _ sentence: @autoclosure () -> String
) throws(FuzzFinding) {
  guard condition else { throw FuzzFinding(sentence()) }
}
