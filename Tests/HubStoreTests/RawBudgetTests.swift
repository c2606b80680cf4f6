import Basics
import Deltas
import Testing

@testable import HubStore

/// What the changesets of one exchange may decompress to.
@Suite struct RawBudgetTests {
  private func block(declaring byteCount: Int) -> Frame {
    var writer = ByteWriter()
    writer.writeVarint(byteCount)
    return Frame(type: .block, payload: writer.bytes)
  }

  @Test func sumsWhatBlocksDeclare() throws {
    let besides = HubStoreLimits.rawBytesBesidesMax
    var budget = RawBudget(forCompressedBytes: 10)
    let most = besides + 10 * HubStoreLimits.rawBytesPerByteMax
    try budget.take(block(declaring: besides))
    try budget.take(block(declaring: most - besides))
    try budget.take(Frame(type: .changesetTrailer, payload: []))
    do {
      try budget.take(block(declaring: 1))
      Issue.record("It was taken.")
    } catch HubStoreError.refused(.tooLarge(_, let limit)) {
      #expect(limit == most)
    }
  }

  @Test func hasAnEnd() throws {
    var budget = RawBudget(forCompressedBytes: .max)
    try budget.take(block(declaring: HubStoreLimits.rawBytesMax))
    #expect(throws: HubStoreError.self) { try budget.take(block(declaring: 1)) }
    #expect(throws: HubStoreError.self) {
      try budget.take(Frame(type: .block, payload: []))
    }
  }
}
