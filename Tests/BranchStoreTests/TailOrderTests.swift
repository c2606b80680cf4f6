import Basics
import Clocks
import Testing

@testable import BranchStore

/// The order in which a tail is handed back.
@Suite struct TailOrderTests {
  private static let old = GenerationID(high: 1, low: 1)
  private static let new = GenerationID(high: 1, low: 2)

  private func hash(_ number: UInt8) -> ContentHash { ContentHash(of: [number]) }

  private func place(_ generation: GenerationID, _ position: UInt64) -> CausalContext {
    CausalContext(generation: generation, position: LogPosition(position))
  }

  private func entry(
    _ id: UInt8, after previous: UInt8? = nil, seen: CausalContext? = nil,
    at places: [CausalContext] = []
  ) -> TailOrder.Entry {
    TailOrder.Entry(
      id: Int64(id), hash: hash(id), previous: previous.map(hash) ?? .zero,
      seen: seen.map {
        [BranchStore.Stretch(generation: $0.generation, after: .start, last: $0.position)]
      } ?? [], places: places)
  }

  @Test func thePathsOrderIsKept() {
    let entries = [
      entry(1, at: [place(Self.new, 1)]), entry(2, seen: place(Self.new, 1), at: []),
      entry(3, after: 2, seen: place(Self.new, 2), at: [place(Self.new, 3)]),
    ]
    #expect(TailOrder.ids(entries) == [1, 2, 3])
  }

  @Test func whatWasSeenByAnOldNameComesFirst() {
    let entries = [
      entry(1, seen: place(Self.old, 5), at: [place(Self.new, 1)]),
      entry(2, at: [place(Self.new, 2), place(Self.old, 6)]),
      entry(3, at: [place(Self.new, 3), place(Self.old, 4)]),
      entry(4, at: [place(Self.new, 4), place(Self.old, 5)]),
    ]
    #expect(TailOrder.ids(entries) == [3, 4, 1, 2])
  }

  @Test func theOneBeforeItInItsChainComesFirst() {
    let entries = [entry(1, after: 2), entry(2, after: 3), entry(3), entry(4, after: 9)]
    #expect(TailOrder.ids(entries) == [3, 2, 1, 4])
  }

  /// Names that mean two things can say anything.
  @Test func contradictionsEnd() {
    let entries = [
      entry(1, after: 2, at: [place(Self.old, 1)]),
      entry(2, after: 1, seen: place(Self.old, 2), at: [place(Self.old, 2)]),
    ]
    #expect(TailOrder.ids(entries).sorted() == [1, 2])
  }
}
