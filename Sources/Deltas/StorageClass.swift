/// The numbers by which encodings tell values apart.
enum StorageClass {
  static let null: UInt8 = 0
  static let integer: UInt8 = 1
  static let real: UInt8 = 2
  static let text: UInt8 = 3
  static let blob: UInt8 = 4
  /// A text that is a UUID in lower-case hexadecimal: in blocks only, as 16 bytes.
  static let uuid: UInt8 = 5

  /// No class: what stands before a column's first run.
  static let none: UInt8 = 0xff
}
