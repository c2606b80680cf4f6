import Clocks
import Deltas
import Testing

@testable import Merging

struct KnowledgeTests {
  private static func version(
    _ replica: UInt32, _ counter: UInt64, at position: UInt64, _ seen: Knowledge
  ) -> Version {
    Version(
      dot: Dot(replica: ReplicaID(replica), counter: counter), position: LogPosition(position),
      seen: seen, milliseconds: Int64(position))
  }

  @Test("Knowledge is a beginning of the log and single entries above it")
  func contains() {
    let seen = Knowledge(upTo: LogPosition(3), also: [5, 6, 9].map { LogPosition($0) })
    let contained = (0...10).filter { seen.contains(LogPosition($0)) }
    #expect(contained == [0, 1, 2, 3, 5, 6, 9])
    #expect(!Knowledge(upTo: .start).contains(LogPosition(1)))
  }

  @Test("An entry that was handed back is known to those who had seen it")
  func handedBack() {
    let first = Self.version(1, 1, at: 7, Knowledge(upTo: LogPosition(3)))
    let knowing = Self.version(
      2, 1, at: 9, Knowledge(upTo: LogPosition(3), also: [LogPosition(7)]))
    let unknowing = Self.version(2, 1, at: 9, Knowledge(upTo: LogPosition(3)))
    #expect(knowing.hasSeen(first))
    #expect(!unknowing.hasSeen(first))
    #expect(!first.hasSeen(knowing))
  }

  @Test("A state loses what is seen to be known only later")
  func normalized() {
    let column = ColumnID(2)
    let first = Self.version(1, 1, at: 7, Knowledge(upTo: LogPosition(3)))
    let second = Self.version(2, 1, at: 9, Knowledge(upTo: LogPosition(3), also: [LogPosition(7)]))
    let older = CellVersion(version: first, value: .text("Paris"))
    let newer = CellVersion(version: second, value: .text("Rome"))
    let state = RowState(cells: [column: [older, newer]], deletions: [first])
    let expected = RowState(cells: [column: [newer]], deletions: [])
    #expect(state.normalized() == expected)
    #expect(expected.normalized() == expected)
  }
}
