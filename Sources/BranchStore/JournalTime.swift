internal import Deltas

/// Times as capture triggers write them: Julian days in UTC.
enum JournalTime {
  private static let dayOf1970 = 2_440_587.5
  private static let millisecondsPerDay = 86_400_000.0

  /// Milliseconds since 1970; 0 for what no trigger of ours writes.
  static func milliseconds(_ value: ValueView) -> Int64 {
    guard case .real(let bits) = value else { return 0 }
    let days = Double(bitPattern: bits) - dayOf1970
    return Int64(exactly: (days * millisecondsPerDay).rounded()) ?? 0
  }

  static func milliseconds(_ value: Value) -> Int64 { value.withView { milliseconds($0) } }

  /// What a trigger would have written at a time.
  static func value(milliseconds: Int64) -> Value {
    .real(Double(milliseconds) / millisecondsPerDay + dayOf1970)
  }
}
