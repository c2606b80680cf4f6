package import Clocks

/// A piece of the delta that an exchange announced.
package struct DownloadRequest: Hashable, Sendable {
  package var generation: GenerationID
  package var from: LogPosition
  package var to: LogPosition
  package var offset: Int
  /// The most bytes wanted.
  package var byteCount: Int

  package init(
    generation: GenerationID, from: LogPosition, to: LogPosition, offset: Int, byteCount: Int
  ) {
    self.generation = generation
    self.from = from
    self.to = to
    self.offset = offset
    self.byteCount = byteCount
  }
}
