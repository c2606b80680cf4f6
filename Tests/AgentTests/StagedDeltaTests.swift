import Agent
import Basics
import BranchStore
import Clocks
import Deltas
import Sessions
import TestSupport
import Testing

/// The beginnings of deltas on a branch's disk.
@Suite struct StagedDeltaTests {
  private func response(_ bytes: [UInt8], logHash: ContentHash, of byteCount: Int? = nil)
    -> ExchangeResponse
  {
    ExchangeResponse(
      accepted: [], generation: GenerationID(high: 1, low: 2), from: .start, to: LogPosition(3),
      deltaByteCount: byteCount ?? bytes.count, deltaBytes: bytes, vectorDifference: [], names: [],
      clockOffsetMilliseconds: 0,
      timestamp: HybridTimestamp(milliseconds: 1, counter: 0, replica: .hub), logHash: logHash)
  }

  /// A hub was put back, and its log goes on otherwise under the same place.
  @Test func aDeltaOfAnotherLogIsNotGoneOnWith() throws {
    let folder = try TemporaryFolder()
    let staged = StagedDelta(folder: folder.path("."), receiver: ReplicaID(2))
    let first = response([1, 1, 1], logHash: ContentHash(of: [1]), of: 4)
    #expect(try staged.append(first.deltaBytes, at: 0, of: first) == 3)
    let second = response([2, 2, 2, 2], logHash: ContentHash(of: [2]))
    staged.removeOthers(than: second)
    #expect(try staged.append(second.deltaBytes, at: 0, of: second) == 4)
    #expect(try staged.source(of: second)() == [2, 2, 2, 2])
    #expect(staged.byteCount(of: first) == 0)
  }

  @Test func aDeltaOfTheSameLogIsGoneOnWith() throws {
    let folder = try TemporaryFolder()
    let staged = StagedDelta(folder: folder.path("."), receiver: ReplicaID(2))
    let whole = response([1, 2, 3], logHash: ContentHash(of: [1]))
    #expect(try staged.append([1], at: 0, of: whole) == 1)
    #expect(staged.end(from: .start) == LogPosition(3))
    #expect(staged.end(from: LogPosition(1)) == nil)
    staged.removeOthers(than: whole)
    #expect(try staged.append([2, 3], at: 1, of: whole) == 3)
    #expect(try staged.source(of: whole)() == [1, 2, 3])
  }
}
