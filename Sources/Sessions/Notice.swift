/// Something that people must be told, such as that a database is a copy of another.
package struct Notice: Hashable, Sendable {
  /// Issued by the hub, ascending.
  package var number: UInt64
  package var milliseconds: Int64
  package var text: String

  package init(number: UInt64, milliseconds: Int64, text: String) {
    self.number = number
    self.milliseconds = milliseconds
    self.text = text
  }
}
