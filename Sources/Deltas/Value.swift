/// What a column holds: one of SQLite's five storage classes, byte for byte.
///
/// Text is bytes, not a `String`: SQLite stores invalid UTF-8 and NUL as they come, and equal
/// means equal bytes, so that NFC and NFD differ. Reals compare by their bits, so that −0.0 and
/// every NaN stay what they are.
package enum Value: Hashable, Sendable {
  case null
  case integer(Int64)
  /// IEEE 754 binary64, as its bit pattern.
  case real(bits: UInt64)
  case text([UInt8])
  case blob([UInt8])

  package static func real(_ value: Double) -> Value { .real(bits: value.bitPattern) }
  package static func text(_ value: String) -> Value { .text(Array(value.utf8)) }

  package func hash(into hasher: inout Hasher) {
    // A few numbers are faster to hash than many bytes one by one.
    withView { view in
      switch view {
      case .null: hasher.combine(0)
      case .integer(let value): hasher.combine(value)
      case .real(let bits): hasher.combine(bits)
      case .text(let bytes):
        hasher.combine(bytes.count)
        hasher.combine(bytes: bytes)
      case .blob(let bytes):
        hasher.combine(~bytes.count)
        hasher.combine(bytes: bytes)
      }
    }
  }

  /// Copies a view's bytes.
  package init(_ view: ValueView) {
    self =
      switch view {
      case .null: .null
      case .integer(let value): .integer(value)
      case .real(let bits): .real(bits: bits)
      case .text(let bytes): .text(Array(bytes))
      case .blob(let bytes): .blob(Array(bytes))
      }
  }

  /// Lends this value as a view that is valid only inside the closure.
  @inlinable
  package func withView<Result, Failure: Error>(
    _ body: (ValueView) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch self {
    case .null: return try body(.null)
    case .integer(let value): return try body(.integer(value))
    case .real(let bits): return try body(.real(bits: bits))
    case .text(let bytes):
      return try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in
        try body(.text(UnsafeRawBufferPointer(bytes)))
      }
    case .blob(let bytes):
      return try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in
        try body(.blob(UnsafeRawBufferPointer(bytes)))
      }
    }
  }
}
