extension Value {
  /// The one total order over all five storage classes: null, numbers, text, blobs, as SQLite
  /// sorts them, and then by class and bits where SQLite calls two numbers equal.
  ///
  /// Integers and reals compare exactly, without rounding one to the other. NaN, which SQLite
  /// stores as null, lies before all other numbers.
  package static func precedes(_ left: Value, _ right: Value) -> Bool {
    switch (left, right) {
    case (.integer(let left), .integer(let right)): return left < right
    case (.integer(let integer), .real(let bits)):
      return compare(integer, Double(bitPattern: bits)) <= 0
    case (.real(let bits), .integer(let integer)):
      return compare(integer, Double(bitPattern: bits)) > 0
    case (.real(let left), .real(let right)): return realPrecedes(left, right)
    case (.text(let left), .text(let right)): return left.lexicographicallyPrecedes(right)
    case (.blob(let left), .blob(let right)): return left.lexicographicallyPrecedes(right)
    default: return left.rank < right.rank
    }
  }

  private var rank: Int {
    switch self {
    case .null: 0
    case .integer, .real: 1
    case .text: 2
    case .blob: 3
    }
  }

  /// Negative if the integer is less, 0 if they are the same number, positive if it is greater.
  private static func compare(_ integer: Int64, _ real: Double) -> Int {
    if real.isNaN || real < -0x1p63 { return 1 }
    if real >= 0x1p63 { return -1 }
    let whole = Int64(real)
    if integer != whole { return integer < whole ? -1 : 1 }
    let fraction = real - real.rounded(.towardZero)
    return fraction == 0 ? 0 : fraction > 0 ? -1 : 1
  }

  private static func realPrecedes(_ left: UInt64, _ right: UInt64) -> Bool {
    let (a, b) = (Double(bitPattern: left), Double(bitPattern: right))
    if a.isNaN || b.isNaN { return a.isNaN && b.isNaN ? left < right : a.isNaN }
    return a == b ? left < right : a < b
  }
}

extension Value {
  /// Whether SQLite sorts one value before the other: as `precedes`, but numbers that are worth the
  /// same come neither before nor after each other.
  package static func sortsBefore(_ left: Value, _ right: Value) -> Bool {
    precedes(left, right) && !isSameNumber(left, right)
  }

  private static func isSameNumber(_ left: Value, _ right: Value) -> Bool {
    switch (left, right) {
    case (.integer(let integer), .real(let bits)), (.real(let bits), .integer(let integer)):
      return compare(integer, Double(bitPattern: bits)) == 0
    case (.real(let left), .real(let right)):
      return Double(bitPattern: left) == Double(bitPattern: right)
    default: return false
    }
  }
}
