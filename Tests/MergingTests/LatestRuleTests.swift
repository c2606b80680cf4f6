import Clocks
import Deltas
import Testing

@testable import Merging

struct LatestRuleTests {
  private func version(
    _ replica: UInt32, at milliseconds: Int64?, position: UInt64 = 1, counter: UInt64 = 1
  ) -> CellVersion {
    CellVersion(
      version: Version(
        dot: Dot(replica: ReplicaID(replica), counter: counter), position: LogPosition(position),
        base: .start, milliseconds: milliseconds),
      value: .integer(Int64(replica)))
  }

  private func choice(_ versions: [CellVersion]) -> (replica: UInt32, why: MergeExplanation) {
    let outcome = LatestRule().resolve(versions)
    let standing = versions[outcome.standing ?? 0]
    return (standing.version.dot.replica.rawValue, outcome.explanation)
  }

  @Test func laterStands() {
    #expect(choice([version(1, at: 5), version(2, at: 6)]) == (2, .laterWrite))
    #expect(choice([version(1, at: -6), version(2, at: .min)]) == (1, .laterWrite))
  }

  @Test func atTheSameMillisecondTheLowerNumberStands() {
    #expect(choice([version(2, at: 5), version(1, at: 5)]) == (1, .tieByReplica))
  }

  @Test func anEditStandsOverWhatWasThere() {
    #expect(choice([version(1, at: nil), version(2, at: .min)]) == (2, .editOverBaseline))
  }

  @Test func ofTwoThatWereThereTheHubsFirstStands() {
    #expect(
      choice([version(2, at: nil, position: 3), version(1, at: nil, position: 4)])
        == (2, .firstBaseline))
  }

  @Test func theExplanationIsAboutTheNextBestOtherValue() {
    #expect(
      choice([version(3, at: nil), version(2, at: 5), version(1, at: 5)]) == (1, .tieByReplica))
    var twin = version(2, at: 5)
    twin.value = .integer(1)
    #expect(choice([version(1, at: 5), twin, version(3, at: 2)]) == (1, .laterWrite))
  }

  @Test func theOrderIsTotal() {
    let all = [
      version(1, at: nil, position: 1), version(2, at: nil, position: 2), version(1, at: 0),
      version(2, at: 0), version(1, at: 1, counter: 2), version(3, at: .max),
    ]
    for left in all {
      for right in all {
        let forth = LatestRule.stands(left.version, over: right.version)
        let back = LatestRule.stands(right.version, over: left.version)
        #expect((forth != back) == (left != right))
        for third in all where forth && LatestRule.stands(right.version, over: third.version) {
          #expect(LatestRule.stands(left.version, over: third.version))
        }
      }
    }
  }
}
