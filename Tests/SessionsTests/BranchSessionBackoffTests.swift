import Testing

@testable import Sessions

struct BranchSessionBackoffTests {
  @Test func waitsGrowWithinBounds() {
    for spread in UInt64(0)..<50 {
      let backoff = Backoff(spread: spread)
      let waits = (1...20).map { backoff.milliseconds(afterAttempt: $0) }
      #expect(waits.allSatisfy { $0 >= SessionLimits.backoffMillisecondsMin })
      #expect(waits.allSatisfy { $0 <= SessionLimits.backoffMillisecondsMax })
      #expect(waits[5] > waits[0])
      #expect(waits.suffix(5).allSatisfy { $0 >= SessionLimits.backoffMillisecondsMax / 2 })
    }
  }

  @Test func aWaitIsRepeatableAndTheBranchsOwn() {
    let waits = (UInt64(0)..<50).map { Backoff(spread: $0).milliseconds(afterAttempt: 6) }
    #expect(waits == (UInt64(0)..<50).map { Backoff(spread: $0).milliseconds(afterAttempt: 6) })
    #expect(Set(waits).count > 25)
  }
}
