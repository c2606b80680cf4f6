package import Basics
package import Clocks
internal import Deltas
internal import Storage

/// Generations: a position never names two histories.
extension HubStore {
  // MARK: Serving

  /// Begins to serve: opens a generation, and marks the file as served by this store.
  ///
  /// A copy of the file that was put back, told or not, goes on under a name of its own from then
  /// on. Should the file be replaced while it is served, the next change notices, and opens a
  /// generation again. `random` gives that many random bytes.
  package func startServing(random: @escaping (Int) -> [UInt8]) throws {
    let name = random(Self.serviceNameBytes)
    try storing("begin to serve") {
      try database.transaction {
        // A backup names no service.
        let last = try database.firstRow(HubSQL.selectServedBy)?.first ?? .null
        let id = try Self.generation(random)
        if last == .null { try forgetFloors() }
        hasLeftOutNumbers = false
        if try wasCopied || last == .null && hasHistory() { try leaveOutNumbers(id) }
        wasCopied = false
        try openGeneration(id)
        try database.execute(HubSQL.updateServedBy, [.blob(name)])
        try database.execute(HubSQL.forgetSilentFloors)
      }
    }
    service = (name, random)
    wasHeardFrom = false
    forgetCaches()
  }

  private static let serviceNameBytes = 16

  /// What the file calls who serves or last served it; nil for a state that nobody has served, such
  /// as one from a backup.
  package func serviceName() throws -> [UInt8]? {
    try storing("look who served it") {
      let value = try database.firstRow(HubSQL.selectServedBy)?.first ?? .null
      return value == .null ? nil : value.asBytes
    }
  }

  /// The file may be an older state than branches have seen: nothing is let go of because of what
  /// they told it, until they tell it again.
  package func doubtFloors() throws {
    try storing("note that its file was copied") {
      try database.transaction { try forgetFloors() }
    }
    wasCopied = true
  }

  /// The file in a hub's folder that says where the store was served last.
  package static let servingMarkName = "served"

  private static func generation(_ random: (Int) -> [UInt8]) throws -> GenerationID {
    guard let id = GenerationID(bytes: random(GenerationID.byteCount)) else {
      throw HubStoreError.damaged("too few random bytes came")
    }
    return id
  }

  /// Looks whether the file is still the one that this store serves. If somebody has restored
  /// another state into it, what was kept in memory is forgotten and a generation is opened.
  ///
  /// One is opened after a failed commit, too: a copy of the disk may have what that called entries
  /// by, and the file be put back from it.
  package func noticeReplacement() throws {
    try storing("look whether its file was replaced") {
      try refreshSchema()
      guard service != nil, try isReplaced() || isDoubted() else { return }
      try database.transaction { try takeOver() }
    }
  }

  /// Whether a failed commit may have named entries by the generation that is current.
  private func isDoubted() throws -> Bool {
    if database.failedCommitCount != knownFailedCommits {
      knownFailedCommits = database.failedCommitCount
      forgetCaches()
      doubtedGeneration = try timeline().current.generation
    }
    return try timeline().current.generation == doubtedGeneration
  }

  private func isReplaced() throws -> Bool {
    guard let service else { return false }
    return try database.firstRow(HubSQL.selectServedBy)?.first?.asBytes != service.name
  }

  /// Inside a transaction: as `noticeReplacement`.
  func takeOver() throws {
    try refreshSchema()
    guard let service else { return }
    let isReplaced = try isReplaced()
    guard try isReplaced || isDoubted() else { return }
    let id = try Self.generation(service.random)
    if isReplaced {
      forgetCaches()
      try forgetFloors()
      try leaveOutNumbers(id)
    }
    try openGeneration(id)
    try database.execute(HubSQL.updateServedBy, [.blob(service.name)])
  }

  /// This is a state of the hub that others may have come after. Branches may have gone on with
  /// those, and then they share less with this log than they have told it: nothing is let go of
  /// because of that, until they tell it again.
  func forgetFloors() throws {
    wasHeardFrom = false
    try database.execute(HubSQL.forgetFloors)
  }

  /// Devices that enrolled after this state was put aside have numbers, and with these key spaces,
  /// that it does not know of. So it goes on above them, and not where it would if it was put back
  /// once before: by 100 to 1,123, as a new generation's random name has it.
  private func leaveOutNumbers(_ id: GenerationID) throws {
    let last = (try database.integer(HubSQL.nextReplica) ?? 1) - 1
    let count = Self.leftOutMin + Int64(id.low % Self.leftOutSpread)
    try database.execute(HubSQL.updateReplicaMax, [.integer(last + count)])
    hasLeftOutNumbers = true
  }

  /// Whether anybody can have enrolled, here or after this state was put aside.
  private func hasHistory() throws -> Bool {
    try database.integer(HubSQL.nextReplica) ?? 1 > 1 || Self.backup(in: database) != nil
  }

  private static let leftOutMin: Int64 = 100
  private static let leftOutSpread: UInt64 = 1_024

  /// What was kept in memory may not be what the file has.
  func forgetCaches() {
    knownTimeline = nil
    knownPruned = nil
    knownPolicyHash = nil
    schemaVersion = nil
    knownReferences = nil
    pruneRound = nil
    lastRound = nil
    log.forget()
    deltaIndex = nil
    records?.forget()
  }

  // MARK: Generations

  /// Opens a generation at the log's head: its parent is the one before, which it replaces if that
  /// has no entry of its own.
  func openGeneration(_ id: GenerationID) throws {
    let head = try log.head()
    let before = try timeline()
    let isEmpty = before.path.count > 1 && before.current.fork == head
    let parent = isEmpty ? before.path[before.path.count - 2].generation : before.current.generation
    if isEmpty {
      // Another timeline may have gone on from it; then its name is still needed.
      let last = Value(before.current.generation)
      try database.execute(HubSQL.disownGeneration, [last])
      try database.execute(HubSQL.deleteGeneration, [last])
    }
    try database.execute(
      HubSQL.insertGeneration, [Value(id), Value(parent), Value(head), Value(true)])
    knownTimeline = nil
  }

  /// Memory and disk were turned back under this store, which a branch knew and we could not:
  /// from here on the log has another name.
  func closeTimeline() throws {
    guard let service else { return }
    try forgetFloors()
    let current = try timeline().current
    if current.fork < (try log.head()) {
      // What it names may be others' entries elsewhere.
      try database.execute(HubSQL.markAmbiguous, [Value(current.generation)])
    }
    let id = try Self.generation(service.random)
    try leaveOutNumbers(id)
    try openGeneration(id)
  }

  /// Whether one name may mean two entries: only what is in them tells where histories part.
  package func isAmbiguous() throws -> Bool {
    try storing("read its generations") {
      try database.integer(HubSQL.isAmbiguous) == 1
    }
  }

  /// Takes note of generations of other timelines, as far as they hang together with those known.
  func learn(_ links: [LineageLink]) throws {
    var lineage = try timeline().lineage
    var learned: [GenerationID] = []
    var rest = links.filter { !lineage.knows($0.generation) }
    var count: Int
    repeat {
      count = rest.count
      for link in rest where !lineage.knows(link.generation) && lineage.add(link) {
        guard let parent = link.parent else { continue }
        try database.execute(
          HubSQL.insertGeneration,
          [Value(link.generation), Value(parent), Value(link.fork), Value(false)])
        learned.append(link.generation)
      }
      rest.removeAll { lineage.knows($0.generation) }
    } while rest.count < count
    knownTimeline = nil
    // The log was another for a while, whether this file was told so or not.
    if let first = learned.first {
      try forgetFloors()
      if !hasLeftOutNumbers { try leaveOutNumbers(first) }
    }
    for generation in learned { try reviseSeen(ofContextsIn: generation, from: .start) }
  }

  /// What the log is named by.
  func timeline() throws -> HubTimeline {
    if let knownTimeline { return knownTimeline }
    var lineage = Lineage(root: hubID)
    var current = hubID
    for row in try database.rows(HubSQL.selectGenerations) {
      guard let id = GenerationID(row[0].asText) else {
        throw HubStoreError.damaged("a generation has no name")
      }
      let link = LineageLink(
        generation: id, parent: GenerationID(row[1].asText), fork: row[2].asPosition)
      guard lineage.add(link) else {
        throw HubStoreError.damaged("generation \(id) does not fit the others")
      }
      if row[3].asInteger != 0 { current = id }
    }
    let read = HubTimeline(lineage: lineage, current: current)
    knownTimeline = read
    return read
  }

  // MARK: Facts

  /// The generation that names new entries.
  package func generation() throws -> GenerationID {
    try storing("read its generations") { try timeline().current.generation }
  }

  /// Every generation that the hub knows of: its own and those of timelines that it lost.
  package func lineage() throws -> Lineage {
    try storing("read its generations") { try timeline().lineage }
  }

  /// The hub's own generations, the root first.
  package func path() throws -> [GenerationStep] {
    try storing("read its generations") { try timeline().path }
  }

  /// The canonical name of a position of the log.
  package func place(at position: LogPosition) throws -> CausalContext {
    try storing("read its generations") { try timeline().place(at: position) }
  }

  /// The steps of the path after a branch's place, up to the one that names a position: what it
  /// may not know yet. One that it knows comes first where the place is of a lost timeline.
  package func steps(
    after place: CausalContext?, upTo position: LogPosition
  ) throws -> [GenerationStep] {
    try storing("read its generations") {
      try timeline().steps(after: place, head: try log.head())
        .filter { $0.fork < position || $0.generation == hubID }
    }
  }

  /// The hash of the log up to a position: SHA-256 over the hash before it, and the entry's content
  /// hash and clock facts, from 32 zero bytes on. Nil if the log does not reach it.
  package func logHash(at position: LogPosition) throws -> ContentHash? {
    try storing("read its log") { try log.logHash(position) }
  }

  /// A backup of the hub that could be restored.
  package struct Backup: Hashable, Sendable {
    /// They count 1, 2, 3 …; 0 stands for none yet.
    package var number: UInt64
    /// What it holds: the log up to here.
    package var place: CausalContext
    package var milliseconds: Int64?
  }

  /// The last backup; number 0 at the log's start if there was none.
  package func lastBackup() throws -> Backup {
    try storing("read of its backups") {
      try Self.backup(in: database)
        ?? Backup(number: 0, place: CausalContext(generation: hubID, position: .start))
    }
  }
}
