internal import Basics
internal import Deltas

/// A key that is read says the same when it is written again, and keys of one class sort by their
/// bytes as they sort by their values.
package struct KeyTarget: FuzzTarget {
  package static let name = "key"
  package static let inputBytesMax = 1_024
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    if let key = try? RowKey(table: TableID(7), encoded: input) {
      try hold(encoded(key.values) == input, "A key is written again with other bytes.")
    }
    var choices = InputBytes(input)
    let values = (0...choices.number(below: 3)).map { _ in choices.keyValue() }
    let again = try? RowKey(table: TableID(7), encoded: encoded(values))
    try hold(again?.values == values, "A key's bytes do not say what was written.")
    let other = choices.keyValue()
    try checkOrder(values[0], other)
    try checkOrder(other, values[0])
  }

  // Planted: end marks inside a text are not escaped.
  private func encoded(_ values: [Value]) -> [UInt8] {
    let bytes = RowKey(table: TableID(7), values: values).encoded
    guard isBroken, let place = bytes.firstIndex(of: 0), place + 1 < bytes.count else {
      return bytes
    }
    return Array(bytes[...place] + bytes[(place + 2)...])
  }

  private func checkOrder(_ left: Value, _ right: Value) throws(FuzzFinding) {
    guard left.isOfOneClass(with: right), left != right else { return }
    let byBytes = encoded([left]).lexicographicallyPrecedes(encoded([right]))
    try hold(
      byBytes == Value.precedes(left, right), "Keys do not sort by their bytes as by their values.")
  }
}

extension Value {
  /// Whether the two are integers, reals other than NaN, or blobs.
  fileprivate func isOfOneClass(with other: Value) -> Bool {
    switch (self, other) {
    case (.integer, .integer), (.blob, .blob): true
    case (.real(let left), .real(let right)):
      !Double(bitPattern: left).isNaN && !Double(bitPattern: right).isNaN
    default: false
    }
  }
}
