internal import CSQLite
package import Deltas

/// A prepared statement. Parameters count from 1, columns from 0, as in SQLite.
package final class Statement {
  private let handle: OpaquePointer
  private unowned let database: Database
  package let columnCount: Int

  fileprivate static let bytesMax = Int(Int32.max)

  init(database: Database, sql: String) throws(StorageError) {
    var prepared: OpaquePointer?
    let code = sqlite3_prepare_v3(
      database.sqliteHandle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard code == SQLITE_OK else { throw database.lastError }
    guard let prepared else { throw StorageError.other(code: SQLITE_MISUSE, message: "no SQL") }
    handle = prepared
    self.database = database
    columnCount = Int(sqlite3_column_count(prepared))
  }

  deinit { sqlite3_finalize(handle) }

  /// The C statement, for loops in which every call counts.
  package var sqliteHandle: OpaquePointer { handle }

  // MARK: Binding

  /// Binds and keeps a copy.
  package func bind(_ values: [Value], from first: Int = 1) throws(StorageError) {
    for (offset, value) in values.enumerated() {
      try value.withView { (view) throws(StorageError) in
        try bind(Int32(first + offset), view, copying: true)
      }
    }
  }

  package func bind(_ index: Int, _ value: Value) throws(StorageError) {
    try value.withView { (view) throws(StorageError) in
      try bind(Int32(index), view, copying: true)
    }
  }

  /// Binds a view. Without copying, its bytes must stay where they are until the reset.
  package func bind(_ index: Int32, _ view: ValueView, copying: Bool) throws(StorageError) {
    let code: Int32
    switch view {
    case .null: code = sqlite3_bind_null(handle, index)
    case .integer(let value): code = sqlite3_bind_int64(handle, index, value)
    case .real(let bits): code = sqlite3_bind_double(handle, index, Double(bitPattern: bits))
    case .text(let bytes):
      code =
        copying
        ? tributary_bind_text_transient(handle, index, bytes.baseAddress, Int32(bytes.count))
        : tributary_bind_text_static(handle, index, bytes.baseAddress, Int32(bytes.count))
    case .blob(let bytes):
      code =
        copying
        ? tributary_bind_blob_transient(handle, index, bytes.baseAddress, Int32(bytes.count))
        : tributary_bind_blob_static(handle, index, bytes.baseAddress, Int32(bytes.count))
    }
    guard code == SQLITE_OK else { throw database.lastError }
  }

  // MARK: Running

  /// Whether there is a row.
  package func step() throws(StorageError) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default:
      let error = database.lastError
      sqlite3_reset(handle)
      throw error
    }
  }

  /// Steps to the end and resets.
  package func run() throws(StorageError) {
    while try step() {}
    reset()
  }

  /// Makes the statement ready to run again with the bindings it has.
  package func rewind() { sqlite3_reset(handle) }

  package func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  // MARK: Columns

  /// The current row's value; its bytes are valid until the next step or reset.
  package func view(_ column: Int) -> ValueView {
    let index = Int32(column)
    switch sqlite3_column_type(handle, index) {
    case SQLITE_INTEGER: return .integer(sqlite3_column_int64(handle, index))
    case SQLITE_FLOAT: return .real(bits: sqlite3_column_double(handle, index).bitPattern)
    case SQLITE_TEXT:
      let start = sqlite3_column_text(handle, index)
      return .text(
        UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, index))))
    case SQLITE_BLOB:
      let start = sqlite3_column_blob(handle, index)
      return .blob(
        UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, index))))
    default: return .null
    }
  }

  package func value(_ column: Int) -> Value { Value(view(column)) }

  package func integer(_ column: Int) -> Int64 { sqlite3_column_int64(handle, Int32(column)) }

  package func isNull(_ column: Int) -> Bool {
    sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL
  }

  /// Text for people and names; invalid UTF-8 is replaced.
  package func text(_ column: Int) -> String {
    switch view(column) {
    case .text(let bytes), .blob(let bytes): String(decoding: bytes, as: UTF8.self)
    case .integer(let value): String(value)
    case .real(let bits): String(Double(bitPattern: bits))
    case .null: ""
    }
  }

  package func bytes(_ column: Int) -> [UInt8] {
    switch view(column) {
    case .text(let bytes), .blob(let bytes): Array(bytes)
    default: []
    }
  }
}
