/// What policies and values may measure.
package enum MergeLimits {
  package static let ruleNameBytesMax = 100
  package static let ruleArgumentsMax = 1_000
  package static let argumentBytesMax = 1 << 10
  /// Of one table.
  package static let unitsMax = 1_000
  /// Replicas that may write a column.
  package static let authorityReplicasMax = 100_000
  /// The nesting of a list's elements.
  package static let jsonDepthMax = 64
  /// Lines of one text times lines of the other where they differ: beyond it the texts count as
  /// different throughout.
  package static let lineComparisonsMax = 1 << 22
}
