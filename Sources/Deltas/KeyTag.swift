/// The bytes that begin, escape and end a key's components. Their order is the order of the kinds.
enum KeyTag {
  /// Ends a text or blob that another component follows.
  static let end: UInt8 = 0x00
  /// After a zero byte: the zero belongs to the content.
  static let escape: UInt8 = 0xff
  static let null: UInt8 = 0x01
  /// The integer 0. With n bytes of magnitude: n more if positive, n less if negative.
  static let zero: UInt8 = 0x14
  static let real: UInt8 = 0x20
  static let uuid: UInt8 = 0x28
  static let text: UInt8 = 0x30
  static let blob: UInt8 = 0x38

  /// A real's bits as an integer that sorts as the real does. `unordered` undoes it.
  static func ordered(_ bits: UInt64) -> UInt64 { bits >> 63 == 1 ? ~bits : bits | 1 << 63 }
  static func unordered(_ bits: UInt64) -> UInt64 { bits >> 63 == 1 ? bits ^ 1 << 63 : ~bits }
}
