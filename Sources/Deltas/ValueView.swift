/// A value that belongs to somebody else: a statement's current row, a decoded block.
///
/// Valid only as long as its owner says; never store one.
package enum ValueView {
  case null
  case integer(Int64)
  case real(bits: UInt64)
  case text(UnsafeRawBufferPointer)
  case blob(UnsafeRawBufferPointer)
}
