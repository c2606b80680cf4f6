/// How much of what the log lets go of the hub keeps as its history.
package struct HistoryKeeping: Hashable, Sendable {
  /// What the hub received before this time may go; nil keeps nothing, and lets go of all there is.
  package var sinceMilliseconds: Int64?
  /// The oldest goes, too, while the file holds more than this.
  package var bytesMax: Int

  package init(sinceMilliseconds: Int64?, bytesMax: Int = .max) {
    self.sinceMilliseconds = sinceMilliseconds
    self.bytesMax = bytesMax
  }

  /// Two years, if nothing else is said.
  package static let millisecondsDefault: Int64 = 730 * 86_400_000
  /// Everything, for ever.
  package static let all = HistoryKeeping(sinceMilliseconds: .min)
  package static let none = HistoryKeeping(sinceMilliseconds: nil)
}
