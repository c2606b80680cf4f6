/// A history in which something did not hold.
package struct ProtocolFailure: Sendable {
  package var seed: UInt64
  package var shape: HistoryShape
  package var mutant: Mutant
  package var violation: ProtocolViolation
}

/// What many histories came to.
package struct ProtocolReport: Sendable {
  package var seedCount = 0
  package var eventCount = 0
  package var failures: [ProtocolFailure] = []
  /// Conflicts with what an author had seen, by the reason for which they are admitted.
  package var spurious: [String: Int] = [:]
  /// Refusals of branches as copies that are none, likewise.
  package var needless: [String: Int] = [:]

  package init() {}

  package mutating func add(_ outcome: ProtocolOutcome, mutant: Mutant) {
    seedCount += 1
    eventCount += outcome.eventCount
    spurious.merge(outcome.spurious, uniquingKeysWith: +)
    needless.merge(outcome.needless, uniquingKeysWith: +)
    if let violation = outcome.violations.first {
      failures.append(
        ProtocolFailure(
          seed: outcome.seed, shape: outcome.shape, mutant: mutant, violation: violation))
    }
  }

  package mutating func add(_ other: ProtocolReport) {
    seedCount += other.seedCount
    eventCount += other.eventCount
    failures += other.failures
    spurious.merge(other.spurious, uniquingKeysWith: +)
    needless.merge(other.needless, uniquingKeysWith: +)
  }

  package func text(seconds: Double) -> String {
    return """
      \(seedCount) seeds, \(eventCount) events, \(Int(Double(seedCount) / max(seconds, 0.001))) \
      seeds a second; \(failures.count) failed.
      Admitted conflicts with what was seen: \(Self.text(of: spurious)).
      Refused as copies that are none: \(Self.text(of: needless)).
      """
  }

  private static func text(of counts: [String: Int]) -> String {
    guard !counts.isEmpty else { return "none" }
    return counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
      .joined(separator: ", ")
  }

  /// A failure with the command that repeats it and the events that it needs.
  package static func text(of failure: ProtocolFailure) -> String {
    let events = ProtocolRunner.shrunk(
      seed: failure.seed, shape: failure.shape, mutant: failure.mutant)
    let outcome = ProtocolRunner.run(
      seed: failure.seed, shape: failure.shape, mutant: failure.mutant, keepsTrace: true,
      events: events)
    let violation = outcome.violations.first ?? failure.violation
    let shape = failure.shape == .mixed ? "" : " --shape \(failure.shape.rawValue)"
    let planted = failure.mutant == .none ? "" : " --mutant \(failure.mutant.rawValue)"
    return """
      tributary-simulate protocol --first \(failure.seed) --seeds 1\(shape)\(planted)
      \(outcome.traceLines.joined(separator: "\n"))
      It must hold that \(violation.oracle.rawValue). \(violation.sentence)

      """
  }
}
