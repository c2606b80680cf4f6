extension Value {
  /// The one total order over all five storage classes: null, numbers, text, blobs, as SQLite
  /// sorts them, and then by class and bits where SQLite calls two numbers equal.
  package static func precedes(_ left: Value, _ right: Value) -> Bool { fatalError("unwritten") }
}
