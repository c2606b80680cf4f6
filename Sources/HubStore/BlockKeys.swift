internal import Deltas

/// The encoded keys of a block's rows, one after another in one piece of memory.
struct BlockKeys {
  private let bytes: [UInt8]
  /// Where each key begins, and where the last one ends.
  private let offsets: [Int]
  /// Whether each key is above the one before.
  let isAscending: Bool
  /// The rows with the least and the greatest key.
  private let minRow: Int
  private let maxRow: Int

  init(_ block: BlockReader) {
    var bytes: [UInt8] = []
    var offsets = [0]
    offsets.reserveCapacity(block.rowCount + 1)
    var isAscending = true
    var minRow = 0
    var maxRow = 0
    block.withValues { values in
      var encoder = KeyEncoder()
      for row in 0..<block.rowCount {
        values.encodeKey(row: row, into: &encoder)
        bytes.append(contentsOf: encoder.bytes)
        offsets.append(bytes.count)
        guard row > 0 else { continue }
        let order = bytes.withUnsafeBytes { all in
          func compare(_ other: Int) -> Int {
            Self.order(
              UnsafeRawBufferPointer(rebasing: all[offsets[row]..<offsets[row + 1]]),
              UnsafeRawBufferPointer(rebasing: all[offsets[other]..<offsets[other + 1]]))
          }
          return (previous: compare(row - 1), min: compare(minRow), max: compare(maxRow))
        }
        if order.previous <= 0 { isAscending = false }
        if order.min < 0 { minRow = row }
        if order.max > 0 { maxRow = row }
      }
    }
    self.bytes = bytes
    self.offsets = offsets
    self.isAscending = isAscending
    self.minRow = minRow
    self.maxRow = maxRow
  }

  subscript(_ row: Int) -> [UInt8] { Array(bytes[offsets[row]..<offsets[row + 1]]) }

  var least: [UInt8] { self[minRow] }
  var greatest: [UInt8] { self[maxRow] }

  /// Where a key is, or nil. Logarithmic if the keys ascend.
  func row(of key: [UInt8]) -> Int? {
    withKeys { views in
      key.withUnsafeBytes { key in
        let count = offsets.count - 1
        guard isAscending else {
          return (0..<count).last { Self.order(views[$0], key) == 0 }
        }
        var low = 0
        var high = count
        while low < high {
          let middle = (low + high) / 2
          let order = Self.order(views[middle], key)
          if order == 0 { return middle }
          if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
      }
    }
  }

  /// Lends all keys at once: the views are valid only inside the closure.
  func withKeys<Result>(_ body: (KeyViews) throws -> Result) rethrows -> Result {
    try bytes.withUnsafeBytes { bytes in
      try offsets.withUnsafeBufferPointer { offsets in
        try body(KeyViews(bytes: bytes, offsets: offsets))
      }
    }
  }

  struct KeyViews {
    fileprivate let bytes: UnsafeRawBufferPointer
    fileprivate let offsets: UnsafeBufferPointer<Int>

    subscript(_ row: Int) -> UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(rebasing: bytes[offsets[row]..<offsets[row + 1]])
    }
  }

  /// Negative, zero or positive, as bytes and then length order two keys.
  static func order(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let count = min(left.count, right.count)
    var index = 0
    while index < count {
      let (a, b) = (left[index], right[index])
      if a != b { return a < b ? -1 : 1 }
      index += 1
    }
    return left.count - right.count
  }

  static func order(_ left: UnsafeRawBufferPointer, _ right: [UInt8]) -> Int {
    right.withUnsafeBytes { order(left, $0) }
  }
}
