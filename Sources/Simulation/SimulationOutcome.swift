/// What one seed came to.
package struct SimulationOutcome: Sendable {
  package var seed: UInt64
  package var violations: [Violation]
  package var faults: FaultCounts
  package var causality: Causality.Counts
  /// What became of what the hub had acknowledged.
  package var kept: Kept.Counts
  /// Equal for two runs of one seed.
  package var traceDigest: UInt64
  package var traceLines: [String]
  package var eventCount: Int
  /// Nil if the run ended before there was anything to judge.
  package var evidence: Evidence?
  /// Whether it ran twice.
  package var wasRepeated = false
}
