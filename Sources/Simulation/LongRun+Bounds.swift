internal import BranchStore
internal import Clocks
internal import Foundation
internal import HubStore

/// What is kept beside the rows, held each month against what branches still lack.
extension LongRun {
  static let heading =
    "month  seconds  on core    edits    syncs  rows pulled     head  entries  framed  records"
    + "  conflicts  hub MB  tails MB"

  /// What the process has used of all cores.
  static var processorSeconds: Int {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return time.tv_sec
  }

  /// Judges what is kept, and returns the line of the month.
  func checkMonth(_ month: Int, seconds: Int64) throws -> String {
    let kept = try hub.metadata()
    try check(kept)
    let tails = try checkBranches()
    let columns: [(Int, width: Int)] = [
      (month, 5), (Int(seconds), 9), (Self.processorSeconds, 9), (editCount, 9), (syncCount, 9),
      (pulledRowCount, 13), (Int(kept.head.rawValue), 9), (kept.entryCount, 9),
      (kept.framedCount, 8), (kept.recordCount, 9), (kept.conflictCount, 11),
      (hubDisk.byteCount >> 20, 8), (tails >> 20, 10),
    ]
    return columns.map { value, width in
      let text = String(value)
      return String(repeating: " ", count: max(0, width - text.count)) + text
    }.joined()
  }

  /// Records are those of rows that changed above what every branch had told by its last sync;
  /// frames, those above what the branches had told that synced within the away limit. A change up
  /// there may stand against any that not everybody had when it came, and so on back without a
  /// break: as far entries go.
  private func check(_ kept: HubMetadata) throws {
    let (settled, stable) = (settled, stable)
    func hold(_ count: Int, _ limit: Int, _ what: String) {
      guard count > limit else { return }
      complain(
        "BoundedMetadata",
        "On day \(day) the hub keeps \(count) \(what), where branches may lack \(limit): the log"
          + " ends at \(kept.head), everybody has \(settled), and who was heard of \(stable).")
    }
    func above(_ position: LogPosition) -> Int {
      Int(kept.head.rawValue - position.rawValue)
    }
    let unseen = referred.filter { changed[$0.key] ?? .start > stable }.values.min() ?? settled
    // The entry that everybody has last stays, so that hashes can be compared.
    hold(kept.entryCount, above(min(settled, unseen)) + 1, "entries")
    hold(kept.framedCount, above(stable), "entries with their frames")
    hold(kept.recordCount, changed.values.count { $0 > settled }, "records of rows")
    hold(kept.coverCount, above(settled), "covers")
  }

  /// After a sync nothing is left to send, and the tail has what no backup had by then. Returns the
  /// bytes of all tails.
  private func checkBranches() throws -> Int {
    var byteCount = 0
    for (index, branch) in branches.enumerated() {
      let kept = try branch.store.metadata()
      byteCount += kept.tailByteCount
      let position = try branch.store.position()
      let lacking = Int(position.rawValue - min(position, branch.durable).rawValue)
      if kept.outgoingCount + kept.deferredCount + kept.gapCount > 0 || kept.tailCount > lacking {
        complain(
          "BoundedMetadata",
          "On day \(day) branch \(index) keeps \(kept.outgoingCount) changesets,"
            + " \(kept.deferredCount) waiting changes and \(kept.tailCount) entries of which a"
            + " backup may lack \(lacking).")
      }
    }
    return byteCount
  }
}
