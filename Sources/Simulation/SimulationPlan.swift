internal import Basics

/// What one seed is about: its size, and which faults it has. Each fault is switched off entirely
/// for some seeds, so that what others hide can show.
///
/// Groce et al., “Swarm testing”, ISSTA 2012.
package struct SimulationPlan: Hashable, Sendable {
  package var branchCount: Int
  package var durationMilliseconds: Int64
  /// Keys of each table that branches hand out, few: so that they meet.
  package var keyCount: Int
  package var editPauseMillisecondsMax: Int64
  package var syncPauseMillisecondsMax: Int64
  package var usesWriteAheadLog: Bool
  /// Whether branches join with rows of their own, most of them alike.
  package var hasBaseline: Bool
  /// Whether some values are too large to travel inline.
  package var hasLargeValues: Bool
  /// Whether the application has triggers: one that writes the row it is about, one that deletes
  /// other rows, one that keeps a count.
  package var hasTriggers: Bool
  /// Whether a column is unique, so that rows which were right by themselves do not fit together.
  /// What stands is then not a function of each row's own history, and is not judged as such.
  package var hasUniqueColumn: Bool
  /// Whether the hub keeps records for small blocks of new rows, too, in one piece.
  package var coversSmallBlocks: Bool

  // Faults, most of them in thousandths.
  package var loss: Int
  package var duplication: Int
  package var delayMillisecondsMax: Int64
  /// How long a branch is without a network at a time; 0 if it never is.
  package var offlineMillisecondsMax: Int64
  package var branchCrashes: Int
  package var hubCrashes: Int
  /// How often the program writes just before a transaction of the agent begins.
  package var interleavedWrites: Int
  package var losesStagedBytes: Bool
  package var clockErrorMillisecondsMax: Int64
  package var clockJumps: Int

  init(_ generator: inout SeededGenerator) {
    func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    /// Half of the seeds do without it.
    func fault(_ range: ClosedRange<Int>) -> Int {
      generator.chance(500) ? Int.random(in: range, using: &generator) : 0
    }
    branchCount = draw(2...SimulationLimits.branchesMax)
    durationMilliseconds = Int64(draw(60...240)) * 1_000
    keyCount = draw(2...6)
    editPauseMillisecondsMax = Int64(draw(2...20)) * 1_000
    syncPauseMillisecondsMax = Int64(draw(5...40)) * 1_000
    usesWriteAheadLog = generator.chance(600)
    hasBaseline = generator.chance(300)
    hasLargeValues = generator.chance(50)
    hasTriggers = generator.chance(400)
    hasUniqueColumn = generator.chance(150)
    coversSmallBlocks = generator.chance(300)
    loss = fault(10...300)
    duplication = fault(10...300)
    delayMillisecondsMax = Int64([50, 50, 2_000, 60_000][draw(0...3)])
    offlineMillisecondsMax = Int64(fault(10...120)) * 1_000
    branchCrashes = fault(5...100)
    hubCrashes = fault(5...60)
    interleavedWrites = fault(20...300)
    losesStagedBytes = generator.chance(500)
    clockErrorMillisecondsMax = [0, 0, 5_000, 3_600_000, 400 * 86_400_000][draw(0...4)]
    clockJumps = fault(20...200)
  }

  /// The same without any fault: how every seed ends.
  var withoutFaults: SimulationPlan {
    var calm = self
    calm.loss = 0
    calm.duplication = 0
    calm.delayMillisecondsMax = 20
    calm.offlineMillisecondsMax = 0
    calm.branchCrashes = 0
    calm.hubCrashes = 0
    calm.clockJumps = 0
    calm.interleavedWrites = 0
    return calm
  }
}
