/// Faults by name, so that each can be left out.
extension SimulationPlan {
  private static let faults: [(name: String, leaveOut: @Sendable (inout Self) -> Void)] = [
    ("hub-restores", { $0.hubRestores = 0 }),
    ("twin-hubs", { $0.twinHubs = 0 }),
    ("bit-rot", { $0.bitRot = 0 }),
    ("locks", { $0.locks = 0 }),
    ("copies", { $0.copies = 0 }),
    ("branch-reverts", { $0.branchReverts = 0 }),
    ("retirements", { $0.retirements = 0 }),
    ("capture-gaps", { $0.captureGaps = 0 }),
    ("prunings", { $0.prunings = 0 }),
    ("leaps", { $0.leaps = 0 }),
    ("two-agents", { $0.hasTwoAgents = false }),
    ("power-losses", { $0.powerLosses = 0 }),
    ("disk-errors", { $0.diskErrors = 0 }),
    ("full-disks", { $0.fullDisks = 0 }),
    ("branch-crashes", { $0.branchCrashes = 0 }),
    ("hub-crashes", { $0.hubCrashes = 0 }),
    ("interleaving", { $0.interleavedWrites = 0 }),
    ("loss", { $0.loss = 0 }),
    ("duplication", { $0.duplication = 0 }),
    ("damage", { $0.damagedMessages = 0 }),
    ("delay", { $0.delayMillisecondsMax = 20 }),
    ("offline", { $0.offlineMillisecondsMax = 0 }),
    ("clocks", { ($0.clockErrorMillisecondsMax, $0.clockJumps) = (0, 0) }),
    ("triggers", { $0.hasTriggers = false }),
    ("baseline", { $0.hasBaseline = false }),
    ("unique", { $0.hasUniqueColumn = false }),
    ("rules", { $0.policy = SimulatedPolicy() }),
    ("upgrades", { $0.hasUpgrades = false }),
    ("counters", { ($0.hasVisits, $0.hasUpgrades) = (false, false) }),
    ("references", { $0.references = nil }),
    ("history", { $0.keepsHistory = false }),
    ("large-values", { $0.hasLargeValues = false }),
  ]

  package static var faultNames: [String] { faults.map(\.name) }

  func without(_ names: [String]) -> Self {
    var result = self
    for fault in Self.faults where names.contains(fault.name) { fault.leaveOut(&result) }
    return result
  }
}
