internal import Clocks
internal import Deltas

/// What really happened: which writes there were, what each author had before it, and who saw what.
/// No replica reads it.
struct Truth {
  /// By mark: what had gone into the row at the author's when it wrote. Mark 0 is none.
  var seen: [Marks] = [Marks()]
  var rows: [Int] = [-1]
  var columns: [ColumnID?] = [nil]
  var values: [Value] = [.null]
  /// Sent again by a comparison, with no base.
  var captured = Marks()
  /// Rows that were put back while nothing captured, by device and row: what is in them, and what
  /// had gone into that.
  var putBack: [[Int]: (values: [Value]?, seen: Marks)] = [:]
  /// In the journal of a file when it was copied: both copies seal them.
  var copiedUnsealed = Marks()
  /// Replaced by a later write of the same journal.
  var replaced = Marks()
  /// Written while rows that were lost elsewhere had not been compared yet.
  var writtenUncompared = Marks()
  /// Seen by a branch that had no entry to name them by when its timeline was lost.
  var unnamed = Marks()
  /// Replayed from a retired branch.
  var salvaged = Marks()
  /// Came to some branch with a whole state, without the name of its entry.
  var nameless = Marks()
  /// The hub was restored.
  var hasRelocated = false
  /// Names of positions, for ever.
  var names: [CausalContext: ModelHash] = [:]
  var facts: [ModelHash: Set<[Int64]>] = [:]
  /// What branches were told is lost, since the hub was restored last.
  var lostNames: Set<CausalContext> = []
  var latestBackup: ModelHub?
  /// The backup made last on the hub's timeline, or that it was put back from since.
  var lastBackup: ModelHub?
  /// Devices whose identity another file has, or had.
  var isCopied: Set<Int> = []
  var spurious: [String: Int] = [:]
  /// Branches that were refused as copies and are none, by the reason.
  var needless: [String: Int] = [:]
  var lateRows = Marks()
  /// By key: the last that the hub heard of a device was an old message.
  var toldLate: Set<Int> = []
  var adoptions: [(device: Int, key: Int)] = []
  /// By number and name: the keys that were given them, more than one after a restore.
  var keys: [String: Set<Int>] = [:]
  /// By key: what was written in the changesets that were sent with it, and what those were first
  /// sealed as.
  var sent: [Int: [Dot: (marks: Marks, origins: Set<ModelHash>)]] = [:]
  /// Of each chain's first changeset: the keys with which it was sent. A number that was given out
  /// again to a copy, for which it seals what the other had sealed, makes two chains that begin
  /// alike.
  var beginnings: [ReplicaID: [ModelHash: Set<Int>]] = [:]
  /// In a backup that was made after the one that the hub was restored from: branches may have
  /// dropped it already.
  var allowedLoss = Marks()

  mutating func issue(row: Int, column: ColumnID?, value: Value?, seen: Marks) -> Int {
    let mark = self.seen.count
    self.seen.append(seen)
    rows.append(row)
    columns.append(column)
    values.append(value ?? .integer(Int64(mark)))
    return mark
  }

  mutating func noteIdentity(_ replica: ReplicaID, _ name: String, key: Int) {
    keys["\(replica) \(name)", default: []].insert(key)
  }

  mutating func noteSent(_ changesets: [ModelChangeset], key: Int) {
    for changeset in changesets {
      let marks = Marks(changeset.changes.flatMap(\.marks))
      sent[key, default: [:]][changeset.dot, default: (Marks(), [])].marks.formUnion(marks)
      sent[key, default: [:]][changeset.dot]?.origins.insert(changeset.origin)
      guard changeset.dot.counter == 1 else { continue }
      beginnings[changeset.dot.replica, default: [:]][changeset.hash, default: []].insert(key)
    }
  }

  /// Whether hubs that were put back gave a branch's number to another too, and nothing tells the
  /// two apart: they have one name, or their chains begin with one changeset.
  func isGivenTwice(_ replica: ReplicaID, _ name: String, key: Int) -> Bool {
    keys["\(replica) \(name)"]?.count ?? 0 > 1
      || beginnings[replica]?.values.contains { $0.count > 1 && $0.contains(key) } == true
  }

  /// Whether a row has writes of a stretch that somebody could not name.
  func isPatchy(_ row: Int) -> Bool {
    unnamed.union(writtenUncompared).elements.contains { rows[$0] == row }
  }

  var isFull: Bool { seen.count > Marks.countMax - 24 }

  mutating func noteBackup(_ hub: ModelHub) {
    latestBackup = hub
    lastBackup = hub
  }

  /// Whatever a newer backup had and this one has not, branches may have dropped already.
  mutating func noteRestore(of backup: ModelHub, over hub: ModelHub) {
    hasRelocated = true
    lastBackup = backup
    for old in [hub, latestBackup].compactMap({ $0 }) {
      for entry in old.log where backup.byHash[entry.changeset.hash] == nil {
        guard let position = old.byHash[entry.changeset.hash], position <= old.durable else {
          continue
        }
        for change in entry.changeset.changes {
          for mark in change.marks { allowedLoss.insert(mark) }
        }
      }
    }
  }
}
