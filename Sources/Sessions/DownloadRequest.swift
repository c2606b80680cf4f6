package import Clocks

/// A piece of the delta that an exchange announced.
package struct DownloadRequest: Hashable, Sendable {
  package var generation: GenerationID
  package var from: LogPosition
  package var to: LogPosition
  package var offset: Int
  /// The most bytes wanted.
  package var byteCount: Int
  /// Which of the deltas between these positions it is, as the exchange said.
  package var isForAnyone: Bool
  package var isWholeState: Bool

  package init(
    generation: GenerationID, from: LogPosition, to: LogPosition, offset: Int, byteCount: Int,
    isForAnyone: Bool = false, isWholeState: Bool = false
  ) {
    self.generation = generation
    self.from = from
    self.to = to
    self.offset = offset
    self.byteCount = byteCount
    self.isForAnyone = isForAnyone
    self.isWholeState = isWholeState
  }
}
