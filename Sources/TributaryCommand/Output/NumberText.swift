/// Numbers for people.
enum NumberText {
  /// With separators: `12,345`.
  static func grouped(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var result = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { result.append(",") }
      result.append(digit)
    }
    return (value < 0 ? "-" : "") + result
  }

  /// A count with its noun: `1 row`, `2,000 rows`.
  static func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(grouped(count)) \(count == 1 ? one : many ?? one + "s")"
  }

  /// `812 bytes`, `4.1 kB`, `12.5 MB`: powers of 1,000.
  static func bytes(_ count: Int) -> String {
    guard count >= 1000 else { return counted(count, "byte") }
    var tenths = count / 100
    var unit = "kB"
    for next in ["MB", "GB", "TB"] where tenths >= 10_000 {
      tenths /= 1000
      unit = next
    }
    return "\(grouped(tenths / 10)).\(tenths % 10) \(unit)"
  }

  /// `0.35 s`, `12.1 s`, `3 min 4 s`.
  static func elapsed(milliseconds: Int64) -> String {
    switch milliseconds {
    case ..<10_000:
      let hundredths = max(0, milliseconds) / 10
      let fraction = hundredths % 100
      return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s"
    case ..<60_000: return "\(milliseconds / 1000).\(milliseconds / 100 % 10) s"
    default: return "\(milliseconds / 60_000) min \(milliseconds / 1000 % 60) s"
    }
  }
}
