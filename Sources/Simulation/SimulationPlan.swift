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
  /// How often a machine loses its power while somebody works on its disk.
  package var powerLosses: Int
  /// Of unsynced writes, in thousandths, and whether those that survive are the first ones.
  package var writesLost: Int
  package var writesTorn: Int
  package var losesInOrder: Bool
  /// How often an operation on a disk fails.
  package var diskErrors: Int
  /// How often a disk fills up, until somebody makes room.
  package var fullDisks: Int
  /// How often a message arrives with a bit turned.
  package var damagedMessages: Int

  // What happens to whole machines, in thousandths of the occasions.
  /// How often an old image of a branch's disk is put back.
  package var branchReverts: Int
  /// How often a branch's machine is copied, and both go on.
  package var copies: Int
  /// How often the hub's disk is put back.
  package var hubRestores: Int
  /// How often a branch is retired.
  package var retirements: Int
  /// How often capture triggers vanish, and programs write behind.
  package var captureGaps: Int
  /// Whether the hub is backed up now and then, and knows of it.
  package var hasBackups: Bool
  /// How often the hub forgets what is settled.
  package var prunings: Int
  /// How often weeks or months pass at once.
  package var leaps: Int
  /// How often another program has a database's lock when a transaction is to begin, and keeps it
  /// for longer than anybody waits.
  package var locks = 0
  /// How often bits turn in a row that nobody has written since the last seal.
  package var bitRot = 0
  /// How often the hub's disk is copied, and then one of the two serves instead of the other.
  package var twinHubs = 0
  /// By which rules conflicts come out.
  package var policy = SimulatedPolicy()
  /// Whether a table counts what all add to it, and whether it gets a column at each branch at some
  /// time.
  package var hasVisits = false
  package var hasUpgrades = false
  /// How tables refer to each other, where some do.
  package var references: SimulatedReferences?
  /// Whether the hub keeps what its log lets go of as its history.
  package var keepsHistory = false
  /// Whether two agents take turns on each branch.
  package var hasTwoAgents: Bool
  /// Whether most edits meet on few rows.
  package var hasHotRows: Bool

  /// Whether the hub's order alone does not tell any more what was in view. `World` is then not
  /// asked, only `History`.
  package var hasUpheavals: Bool {
    branchReverts + copies + hubRestores + retirements + captureGaps + bitRot + twinHubs > 0
  }

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
    clockErrorMillisecondsMax = [0, 0, 5_000, 3_600_000, 3_652 * 86_400_000][draw(0...4)]
    clockJumps = fault(20...200)
    powerLosses = fault(5...80)
    writesLost = [0, 200, 500, 1_000][draw(0...3)]
    writesTorn = [0, 100, 400][draw(0...2)]
    losesInOrder = generator.chance(300)
    diskErrors = fault(5...80)
    fullDisks = fault(20...200)
    damagedMessages = fault(10...100)
    let isOrderly = generator.chance(500)
    func upheaval(_ range: ClosedRange<Int>) -> Int {
      let drawn = fault(range)
      return isOrderly ? 0 : drawn
    }
    branchReverts = upheaval(20...150)
    copies = upheaval(20...100)
    hubRestores = upheaval(20...150)
    retirements = generator.chance(300) ? upheaval(10...50) : 0
    captureGaps = generator.chance(300) ? upheaval(20...100) : 0
    prunings = upheaval(50...500)
    hasBackups = generator.chance(400)
    leaps = fault(20...100)
    hasTwoAgents = generator.chance(200)
    hasHotRows = generator.chance(300)
    if hasUpheavals {
      // Values must name their writes.
      (hasBaseline, hasUniqueColumn) = (false, false)
    }
  }

  /// Draws faults that came later than others, from a generator of their own: without them a seed
  /// is what it always was.
  mutating func drawMore(_ generator: inout SeededGenerator) {
    if generator.chance(300) { locks = Int.random(in: 5...80, using: &generator) }
    guard hasUpheavals else { return }
    if generator.chance(200) { twinHubs = Int.random(in: 50...300, using: &generator) }
    let draws = generator.chance(700)
    let rate = Int.random(in: 50...300, using: &generator)
    // After such, rows that differ are sent, whatever made them differ.
    if draws, captureGaps + hubRestores + twinHubs == 0 { bitRot = rate }
  }

  /// Draws the policy: no fault, but it decides what comes of many.
  mutating func drawPolicy(_ generator: inout SeededGenerator) {
    if generator.chance(400) { policy = SimulatedPolicy(&generator) }
  }

  /// Draws what a table beside the others does.
  mutating func drawVisits(_ generator: inout SeededGenerator) {
    hasVisits = generator.chance(400)
    hasUpgrades = generator.chance(500) && hasVisits
  }

  /// Draws whether tables refer to each other, and how.
  mutating func drawReferences(_ generator: inout SeededGenerator) {
    if generator.chance(350) { references = SimulatedReferences(&generator) }
  }

  /// Draws whether the hub keeps a history.
  mutating func drawHistory(_ generator: inout SeededGenerator) {
    keepsHistory = generator.chance(500)
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
    calm.powerLosses = 0
    calm.diskErrors = 0
    calm.fullDisks = 0
    calm.damagedMessages = 0
    calm.leaps = 0
    calm.locks = 0
    return calm
  }
}
