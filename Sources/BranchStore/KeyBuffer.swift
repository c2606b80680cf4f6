internal import Deltas
internal import Storage

/// One row's key, copied out of a statement's current row into memory that is used again.
struct KeyBuffer {
  private enum Part {
    case null
    case integer(Int64)
    case real(bits: UInt64)
    case text(Range<Int>)
    case blob(Range<Int>)
  }

  private var parts: [Part] = []
  private var bytes: [UInt8] = []
  private(set) var hasNull = false

  /// Takes the statement's first columns.
  mutating func take(_ statement: Statement, count: Int) {
    parts.removeAll(keepingCapacity: true)
    bytes.removeAll(keepingCapacity: true)
    hasNull = false
    for index in 0..<count {
      switch statement.view(index) {
      case .null:
        parts.append(.null)
        hasNull = true
      case .integer(let value): parts.append(.integer(value))
      case .real(let bits): parts.append(.real(bits: bits))
      case .text(let view): parts.append(.text(keep(view)))
      case .blob(let view): parts.append(.blob(keep(view)))
      }
    }
  }

  private mutating func keep(_ view: UnsafeRawBufferPointer) -> Range<Int> {
    let start = bytes.count
    bytes.append(contentsOf: view)
    return start..<bytes.count
  }

  /// Lends each of the key's values in turn.
  func lendEach<Failure: Error>(
    _ body: (_ index: Int, _ value: ValueView) throws(Failure) -> Void
  ) throws(Failure) {
    for (index, part) in parts.enumerated() {
      switch part {
      case .null: try body(index, .null)
      case .integer(let value): try body(index, .integer(value))
      case .real(let bits): try body(index, .real(bits: bits))
      case .text(let range):
        try lend(range) { (view) throws(Failure) in try body(index, .text(view)) }
      case .blob(let range):
        try lend(range) { (view) throws(Failure) in try body(index, .blob(view)) }
      }
    }
  }

  private func lend<Failure: Error>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(Failure) in
      try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[range]))
    }
  }

  /// A copy of the values.
  var values: [Value] {
    var result: [Value] = []
    lendEach { result.append(Value($1)) }
    return result
  }

  /// Binds the values as a statement's first parameters.
  func bind(to statement: Statement) throws(StorageError) {
    try lendEach { (index, value) throws(StorageError) in
      try statement.bind(Int32(index + 1), value, copying: true)
    }
  }
}
