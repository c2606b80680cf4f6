internal import Basics

/// One column's section of a block, written value by value.
struct ColumnWriter: Sendable {
  private var runs = ByteWriter()
  private var integers = ByteWriter()
  private var reals = ByteWriter()
  private var lengths = ByteWriter()
  private var contents = ByteWriter()
  private var uuids = ByteWriter()
  private var runClass = StorageClass.none
  private var runCount = 0
  private var previousInteger: Int64 = 0

  /// The section's bytes so far, but for the last run.
  var byteCount: Int {
    runs.count + integers.count + reals.count + lengths.count + contents.count + uuids.count
  }

  /// Appends a value and returns how many bytes its content took.
  @inline(__always)
  mutating func append(_ value: ValueView) -> Int {
    switch value {
    case .null:
      count(StorageClass.null)
      return 0
    case .integer(let integer):
      count(StorageClass.integer)
      let before = integers.count
      integers.writeSignedVarint(integer &- previousInteger)
      previousInteger = integer
      return integers.count - before
    case .real(let bits):
      count(StorageClass.real)
      reals.writeFixed(bits)
      return 8
    case .text(let bytes):
      if let packed = PackedUUID(text: bytes) {
        count(StorageClass.uuid)
        uuids.writeFixed(packed.first)
        uuids.writeFixed(packed.second)
        return PackedUUID.byteCount
      }
      count(StorageClass.text)
      return append(content: bytes)
    case .blob(let bytes):
      count(StorageClass.blob)
      return append(content: bytes)
    }
  }

  @inline(__always)
  private mutating func append(content: UnsafeRawBufferPointer) -> Int {
    lengths.writeVarint(UInt64(content.count))
    contents.write(contentsOf: content)
    return content.count + 1
  }

  @inline(__always)
  private mutating func count(_ storageClass: UInt8) {
    if storageClass != runClass {
      closeRun()
      runClass = storageClass
    }
    runCount += 1
  }

  private mutating func closeRun() {
    guard runCount > 0 else { return }
    runs.write(runClass)
    runs.writeVarint(runCount)
    runCount = 0
  }

  /// Appends the section to a block, and is then as new.
  mutating func finish(into block: inout ByteWriter) {
    closeRun()
    block.write(contentsOf: runs.bytes)
    block.write(contentsOf: integers.bytes)
    block.write(contentsOf: reals.bytes)
    block.write(contentsOf: lengths.bytes)
    block.write(contentsOf: contents.bytes)
    block.write(contentsOf: uuids.bytes)
    runs.removeAll()
    integers.removeAll()
    reals.removeAll()
    lengths.removeAll()
    contents.removeAll()
    uuids.removeAll()
    runClass = StorageClass.none
    previousInteger = 0
  }
}
