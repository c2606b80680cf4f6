/// How often each fault fired, and how often what a seed is for came about.
package struct FaultCounts: Hashable, Sendable {
  package var requestsLost = 0
  package var answersLost = 0
  package var duplicates = 0
  package var timeouts = 0
  package var requestsToHubDown = 0
  package var requestsOffline = 0
  package var branchCrashes = 0
  package var hubCrashes = 0
  package var stagedBytesLost = 0
  package var clockJumps = 0
  package var interleavedWrites = 0
  package var powerLosses = 0
  package var writesLost = 0
  package var killsAtAnOperation = 0
  package var diskErrors = 0
  package var fullDisks = 0
  package var damagedMessages = 0
  package var branchReverts = 0
  package var copies = 0
  package var hubRestores = 0
  package var retirements = 0
  package var captureGaps = 0
  package var hubSwaps = 0
  package var bitsTurned = 0
  package var locks = 0
  package var leaps = 0
  package var prunings = 0
  package var backups = 0
  // What came about.
  package var transactions = 0
  package var writes = 0
  package var changesets = 0
  package var sessions = 0
  package var conflicts = 0
  package var newIdentities = 0
  package var relocations = 0
  package var repairs = 0
  package var largeValues = 0
  package var uploads = 0
  package var downloads = 0
  package var readings = 0
  package var deferredRows = 0
  package var upgrades = 0
  package var orphans = 0
  package var broughtBack = 0

  package init() {}

  /// Whether a disk was put back or a machine copied.
  package var hasPutBackOrCopied: Bool { branchReverts + hubRestores + copies + hubSwaps > 0 }

  package static let names:
    [(name: String, path: any WritableKeyPath<FaultCounts, Int> & Sendable)] = [
      ("requests lost", \.requestsLost), ("answers lost", \.answersLost),
      ("duplicates", \.duplicates), ("timeouts", \.timeouts),
      ("requests to a hub that was down", \.requestsToHubDown),
      ("requests without a network", \.requestsOffline),
      ("branch crashes", \.branchCrashes), ("hub crashes", \.hubCrashes),
      ("staged bytes lost", \.stagedBytesLost), ("clock jumps", \.clockJumps),
      ("interleaved writes", \.interleavedWrites), ("power losses", \.powerLosses),
      ("unsynced writes lost or torn", \.writesLost),
      ("kills at an operation on a disk", \.killsAtAnOperation),
      ("failed operations on a disk", \.diskErrors), ("full disks", \.fullDisks),
      ("damaged messages", \.damagedMessages), ("branches put back", \.branchReverts),
      ("branches copied", \.copies), ("hubs put back", \.hubRestores),
      ("branches retired", \.retirements), ("capture gaps", \.captureGaps),
      ("hubs replaced by their twin", \.hubSwaps), ("rows with turned bits", \.bitsTurned),
      ("databases locked by another program", \.locks),
      ("leaps in time", \.leaps), ("prunings", \.prunings),
      ("backups", \.backups),
      ("transactions", \.transactions), ("writes", \.writes), ("changesets", \.changesets),
      ("sessions", \.sessions), ("conflicts", \.conflicts),
      ("copies with an identity of their own", \.newIdentities),
      ("relocations", \.relocations), ("repairs", \.repairs), ("large values", \.largeValues),
      ("uploads", \.uploads), ("downloads", \.downloads), ("readings", \.readings),
      ("rows that waited", \.deferredRows), ("programs' updates", \.upgrades),
      ("rows that referred to none", \.orphans),
      ("rows that a reference brought back", \.broughtBack),
    ]

  package static func + (left: Self, right: Self) -> Self {
    var sum = left
    for (_, path) in names { sum[keyPath: path] += right[keyPath: path] }
    return sum
  }
}
