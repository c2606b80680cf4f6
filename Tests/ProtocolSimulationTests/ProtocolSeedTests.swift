import ProtocolSimulation
import Testing

/// Histories of the protocol's model.
@Suite struct ProtocolSeedTests {
  @Test(arguments: 0..<10)
  func nothingIsFound(part: UInt64) {
    for seed in part * 40 + 1...part * 40 + 40 {
      let outcome = ProtocolRunner.run(seed: seed)
      #expect(outcome.violations.isEmpty, "tributary-simulate protocol --first \(seed) --seeds 1")
      #expect(ProtocolRunner.run(seed: seed).digest == outcome.digest, "Seed \(seed) differs.")
    }
  }

  /// Each was a failure once, of the model or of the protocol as it was first written down.
  @Test(arguments: [
    14, 41, 60, 88, 193, 228, 286, 294, 315, 370, 374, 565, 906, 935, 949, 1194, 1404, 1908, 2394,
    3450, 3670, 3683, 4030, 4299, 4689, 4828, 4895, 5652, 6161, 6681, 7845, 11063, 13381, 14418,
    15217, 15494, 15952, 16974, 18737, 26518, 27239, 119_578, 120_084, 140_877, 149_235, 300_337,
    301_140, 1_000_260, 1_000_481, 1_000_498, 1_001_462, 1_010_034, 1_100_828, 2_011_383,
    5_005_634, 5_025_040, 5_035_883, 6_040_795, 6_045_441, 6_093_807, 6_132_970, 6_174_026,
    6_242_717,
    6_272_372, 6_294_584, 6_310_015, 6_324_623, 10_200_142, 30_224_027,
    30_260_999, 30_201_611, 30_205_593, 30_207_522,
    30_207_881, 30_245_461, 50_044_307, 50_115_040, 50_126_994, 50_419_289, 50_521_744,
    50_708_204, 30_219_458, 30_219_589, 30_223_595, 60_082_872, 60_024_619, 60_214_807,
    60_908_975,
  ])
  func onceFound(seed: UInt64) {
    let outcome = ProtocolRunner.run(seed: seed)
    #expect(outcome.violations.isEmpty, "tributary-simulate protocol --first \(seed) --seeds 1")
  }

  @Test func failuresShrink() {
    let seed = (1...100 as ClosedRange<UInt64>).first {
      !ProtocolRunner.run(seed: $0, mutant: .contextAtPush).violations.isEmpty
    }
    guard let seed else {
      Issue.record("The planted bug is not caught.")
      return
    }
    let events = ProtocolRunner.shrunk(seed: seed, mutant: .contextAtPush)
    #expect(events.count <= 12)
    let outcome = ProtocolRunner.run(seed: seed, mutant: .contextAtPush, events: events)
    #expect(!outcome.violations.isEmpty)
  }
}
