internal import BranchStore
internal import Clocks
internal import Deltas
internal import Sessions

/// A change like a parcel: written, sealed, sent, accepted, merged; and who has it.
extension WhyReport {
  /// Where the hub has a pending change, as far as it was asked for.
  func arrival(of progress: RowProgress) -> TraceResponse.Arrival? {
    guard progress.changeset != nil, progress.changeset == newestChangeset else { return nil }
    return trace?.changeset
  }

  /// The newest sealed changeset with the row.
  var newestChangeset: RowProgress.Changeset? { pending.compactMap(\.changeset).last }

  /// Whether a branch has the row as it stands; nil if that is not known.
  func has(_ branch: TraceResponse.Branch) -> Bool? {
    trace?.last.map { $0.position <= branch.acknowledged }
  }

  var parcel: [String] { pending.map(sentence) + whoHasIt }

  // MARK: Written, sealed, accepted, merged

  private func sentence(_ progress: RowProgress) -> String {
    let what = "\(written(progress)) here \(TimeText.iso8601(milliseconds: progress.milliseconds))"
    guard let changeset = progress.changeset else {
      return "\(what); in the journal, and the next sync sends it."
    }
    let sealed =
      "\(what); sealed in changeset \(NumberText.grouped(Int(clamping: changeset.counter)))"
      + " \(TimeText.iso8601(milliseconds: changeset.sealedMilliseconds))"
    guard failure == nil else {
      return "\(sealed); the hub has not confirmed it, and whether it came there is not known."
    }
    guard let arrival = arrival(of: progress) else {
      return "\(sealed); the hub does not have it yet."
    }
    let position = NumberText.grouped(Int(clamping: arrival.position.rawValue))
    let received = TimeText.iso8601(milliseconds: arrival.receivedMilliseconds)
    return "\(sealed); accepted by the hub at position \(position) \(received), where"
      + " \(merged(changeset))."
  }

  private func written(_ progress: RowProgress) -> String {
    switch progress.kind {
    case .insert: return "Row written"
    case .delete: return "Row deleted"
    case .update:
      let names = progress.columns.compactMap(name)
      return names.isEmpty ? "Written" : "\(names.joined(separator: ", ")) written"
    case nil: return "Written"
    }
  }

  /// What became of a changeset's part of the row.
  private func merged(_ changeset: RowProgress.Changeset) -> String {
    guard let replica else { return "it was merged" }
    let dot = Dot(replica: replica, counter: changeset.counter)
    if quarantineReason != nil { return "the row is in quarantine" }
    let overruling = conflicts.first { conflict in
      conflict.sides.dropFirst().contains { $0.dot == dot } && conflict.sides.first?.dot != dot
    }
    if let overruling {
      return "other values stand: conflict \(overruling.id), \(overruling.rule)"
    }
    return cells.contains { $0.dot == dot } ? "it stands" : "it was merged"
  }

  // MARK: Who has it

  private var whoHasIt: [String] {
    guard let trace else {
      return failure != nil ? ["Which other branches have it, only the hub knows."] : []
    }
    guard !trace.branches.isEmpty, exists || !cells.isEmpty else { return [] }
    guard trace.last != nil else {
      return ["What stands at the hub has been everywhere but with branches that are away."]
    }
    let have = trace.branches.filter { has($0) == true }.map { ValueText.escaped($0.name) }
    let lack = trace.branches.filter { has($0) == false }.map { branch in
      let heard = branch.lastContactMilliseconds.map {
        "last heard of \(TimeText.iso8601(milliseconds: $0))"
      }
      return "\(ValueText.escaped(branch.name)) (\(heard ?? "never heard of"))"
    }
    return [
      have.isEmpty ? nil : "Has what stands at the hub: \(have.joined(separator: ", ")).",
      lack.isEmpty ? nil : "Has not said so yet: \(lack.joined(separator: ", ")).",
    ].compactMap { $0 }
  }
}
