/// What a policy file may measure.
package enum PolicyLimits {
  package static let textBytesMax = 1 << 20
  /// Lists and names within each other.
  package static let depthMax = 16
  /// Of a name or a value, quotes included.
  package static let wordBytesMax = 1_000
  /// Of each kind that are told of one file. The others are counted.
  package static let remarksMax = 100
  /// Beyond it a name is not compared with those that it might have been meant to be.
  package static let nearNameBytesMax = 64
  /// Known names that an unknown one is compared with.
  package static let nearNamesMax = 2_000
  /// Known names that are listed where none is near.
  package static let listedNamesMax = 8
}
