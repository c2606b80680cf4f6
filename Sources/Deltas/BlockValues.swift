internal import Basics

/// A block's values, by row and column. Use it only inside `BlockReader.withValues`.
package struct BlockValues {
  let tags: UnsafeBufferPointer<UInt8>
  let words: UnsafeBufferPointer<UInt64>
  let storage: UnsafeRawBufferPointer
  let rowCount: Int
  let keyColumnCount: Int
  let columnCount: Int

  /// `index` counts the key's columns from 0.
  package func key(_ index: Int, row: Int) -> ValueView {
    invariant(index < keyColumnCount, "A key has this column.")
    return view(column: index, row: row)
  }

  /// `index` counts the block's `columns` from 0.
  package func value(_ index: Int, row: Int) -> ValueView {
    view(column: keyColumnCount + index, row: row)
  }

  /// What was there before; `index` counts the block's `counted` columns from 0.
  package func previous(_ index: Int, row: Int) -> ValueView {
    view(column: keyColumnCount + columnCount + index, row: row)
  }

  @inline(__always)
  private func view(column: Int, row: Int) -> ValueView {
    let cell = column * rowCount + row
    invariant(
      column >= 0 && row >= 0 && row < rowCount && cell < tags.count, "A block has this cell.")
    let word = words[cell]
    switch tags[cell] {
    case StorageClass.integer: return .integer(Int64(bitPattern: word))
    case StorageClass.real: return .real(bits: word)
    case StorageClass.text: return .text(bytes(word))
    case StorageClass.blob: return .blob(bytes(word))
    default: return .null
    }
  }

  @inline(__always)
  private func bytes(_ word: UInt64) -> UnsafeRawBufferPointer {
    let start = Int(word >> 32)
    let count = Int(word & 0xffff_ffff)
    return UnsafeRawBufferPointer(rebasing: storage[start..<start + count])
  }

  /// The row's key in the canonical form of `RowKey.encoded`.
  package func encodedKey(row: Int) -> [UInt8] {
    var encoder = KeyEncoder()
    encodeKey(row: row, into: &encoder)
    return encoder.bytes
  }

  /// The same without an allocation for each row: what the encoder held before is forgotten.
  package func encodeKey(row: Int, into encoder: inout KeyEncoder) {
    encoder.removeAll()
    for index in 0..<keyColumnCount { encoder.append(view(column: index, row: row)) }
  }

  /// No value of the key's column has an encoded form longer than this, its end mark included.
  func keyBytesBound(_ index: Int) -> Int {
    var longest = 8
    for cell in index * rowCount..<(index + 1) * rowCount {
      let tag = tags[cell]
      guard tag == StorageClass.text || tag == StorageClass.blob else { continue }
      longest = max(longest, Int(words[cell] & 0xffff_ffff))
    }
    return 2 * longest + 2
  }
}
