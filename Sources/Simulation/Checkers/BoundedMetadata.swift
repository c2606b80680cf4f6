internal import BranchStore
internal import HubStore

/// Once everybody has everything and a backup, too, nothing is kept beside the rows but what people
/// are to see, and the records of rows that a constraint refuses or that never came whole. Of the
/// latter nobody has the rest, since all have just the rows that the hub shows.
///
/// The bound is stated by what branches lack: here nothing. `LongRun` holds it where they lack
/// something. A hub without branches keeps what it has: nobody says what is needed, and nothing
/// comes.
package enum BoundedMetadata: Checker {
  package static let name = "BoundedMetadata"
  package static let promise =
    "what is kept beside the rows is bounded by what somebody lacks, and nobody lacks anything."

  package static func violations(in evidence: Evidence) -> [Violation] {
    guard let remains = evidence.remains, !remains.branches.isEmpty else { return [] }
    var result: [Violation] = []
    func hold(_ who: String, _ count: Int, _ limit: Int, _ what: String) {
      guard count > limit else { return }
      result.append(violation("\(who) keeps \(count) \(what), where \(limit) may be needed."))
    }
    let hub = remains.hub
    // Rows that wait keep their versions and whose those are; parts of rows keep their values.
    let refused = hub.quarantinedCount
    let recordsMax = refused + hub.partialCount
    if !remains.hasGaps { hold("The hub", hub.recordCount, recordsMax, "records of rows") }
    if refused == 0, !remains.hasGaps { hold("The hub", hub.entryCount, 1, "entries of the log") }
    hold("The hub", hub.framedCount, 0, "entries with their frames")
    hold("The hub", hub.coverCount, 0, "covers")
    // Names that came last are kept until the log goes on: that says that their author has heard.
    let aliasesMax = remains.chainCount + hub.lateAliasCount
    hold("The hub", hub.aliasCount, aliasesMax, "second names of changesets")
    hold("The hub", hub.placeCount, 0, "names of entries on lost timelines")
    for (machine, kept) in remains.branches.sorted(by: { $0.key < $1.key }) {
      let name = machine.description
      hold(name, kept.journaledCount, 0, "captured writes")
      hold(name, kept.outgoingCount, 0, "changesets")
      // What a constraint refuses waits.
      hold(name, kept.deferredCount, evidence.hasRefusals ? kept.deferredCount : 0, "waiting rows")
      hold(name, kept.tailCount, 0, "entries of the log that the last backup has")
      hold(name, kept.gapCount, 0, "tables to be compared")
      hold(name, remains.stagedCounts[machine] ?? 0, 0, "staged files")
    }
    return result
  }
}
