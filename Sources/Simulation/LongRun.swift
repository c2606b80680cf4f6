internal import Agent
internal import Basics
internal import BranchStore
internal import Clocks
internal import Deltas
internal import Foundation
internal import Hub
internal import HubStore
internal import Sessions
internal import Storage

/// Years of many branches in one run: everybody edits every day, some sync daily, most weekly or
/// monthly, and some come after months.
///
/// No faults: what it looks for is what grows without bound, and how long it all takes.
package final class LongRun {
  struct Branch {
    let disk: SimulatedDisk
    let program: Database
    let store: BranchStore
    let folder: String
    let replica: ReplicaID
    /// Days between two syncs.
    let period: Int
    /// Keys that it mostly edits.
    let own: ClosedRange<Int64>
    var nextNew: Int64
    /// What was edited here since the last sync.
    var edited: Set<Int64> = []
    /// The day of the last sync, the position that the hub was told then, and what the last backup
    /// had by then.
    var syncedDay = 0
    var told = LogPosition.start
    var durable = LogPosition.start
  }

  package private(set) var violations: [Violation] = []
  private let months: Int
  private let editsPerDay: Int
  private let folder: String
  let hubDisk: SimulatedDisk
  let hub: HubStore
  private let engine: HubEngine
  private let random: SeededBytes
  private let schema: Schema
  private var generator: SeededGenerator
  private(set) var branches: [Branch] = []
  private(set) var day = 0
  private(set) var editCount = 0
  private(set) var syncCount = 0
  private(set) var pushedRowCount = 0
  private(set) var pulledRowCount = 0
  private(set) var byteCount = 0
  /// For each customer the position of the changeset that changed it last, or a later one.
  private(set) var changed: [Int64: LogPosition] = [:]
  /// What every branch had when the first of the changes came that follow on each other without a
  /// time in which all who are heard of had the last.
  private(set) var referred: [Int64: LogPosition] = [:]
  /// What the hub's last backup has.
  private var durable = LogPosition.start

  private static let sql = """
    CREATE TABLE customer (
      id INTEGER PRIMARY KEY, name TEXT, phone TEXT, city TEXT, owner INTEGER, note TEXT
    );
    """
  private static let customersPerBranch: Int64 = 100
  /// Customers that every branch edits.
  private static let hotCount: Int64 = 50
  /// Edits in a thousand of those, and of others' own customers.
  private static let hotEdits = 20
  private static let othersEdits = 10
  private static let daysBetweenBackups = 7
  private static let keysPerBranch: Int64 = 1_000_000
  private static let dayMilliseconds: Int64 = 86_400_000
  /// Days after which a branch counts as away.
  static let awayDays = 90

  /// `folder` is there; a folder in it is made and removed again.
  package init(
    months: Int, branchCount: Int, editsPerDay: Int, seed: UInt64, folder: String
  ) throws {
    self.months = months
    self.editsPerDay = editsPerDay
    self.folder = "\(folder)/tributary-years-\(UUID().uuidString)"
    generator = SeededGenerator(seed: seed)
    let random = SeededBytes(seed: seed)
    self.random = random
    try FileManager.default.createDirectory(
      atPath: self.folder, withIntermediateDirectories: true)
    SQLiteClock.set(Simulator.startMilliseconds)
    hubDisk = try SimulatedDisk(folder: self.folder + "/hub", seed: seed)
    hubDisk.setRecording(false)
    let like = try Database(path: self.folder + "/hub/like.db", mode: .create)
    try like.executeScript(Self.sql)
    schema = try SchemaReader.read(like, tables: nil)
    try HubStore.create(
      folder: self.folder + "/hub", like: schema, generation: GenerationID(high: 7, low: 7),
      hostNames: [], wallMilliseconds: Simulator.startMilliseconds)
    hub = try HubStore(folder: self.folder + "/hub")
    try hub.startServing(random: { random($0) })
    engine = HubEngine(store: hub, random: { random($0) })
    for number in 0..<branchCount { try join(number) }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private var wall: Int64 { Simulator.startMilliseconds + Int64(day) * Self.dayMilliseconds }

  /// Of twenty branches one syncs daily, eleven weekly, six monthly, two after months.
  private static func period(_ number: Int) -> Int {
    switch number % 20 {
    case 0: 1
    case 1...11: 7
    case 12...17: 30
    default: 100 + 10 * (number % 11)
    }
  }

  private func join(_ number: Int) throws {
    let own = folder + "/branch\(number)"
    try FileManager.default.createDirectory(
      atPath: own + "/staging", withIntermediateDirectories: true)
    let disk = try SimulatedDisk(folder: own, seed: UInt64(number))
    disk.setRecording(false)
    let path = own + "/branch.db"
    let secret = Array("branch \(number)".utf8)
    try hub.createToken(
      branch: "branch \(number)", secretHash: ContentHash(of: secret),
      expiresMilliseconds: wall + 1, wallMilliseconds: wall)
    let replica = try hub.redeemToken(secret: secret, wallMilliseconds: wall).replica
    let program = try Database(path: path, mode: .create, busyTimeoutMilliseconds: 0)
    try program.executeScript("PRAGMA journal_mode = WAL;" + Self.sql)
    let store = try BranchStore.attach(
      path: path,
      identity: BranchIdentity(
        replica: replica, branch: "branch \(number)", hubURL: "", generation: hub.hubID),
      schema: schema, wallMilliseconds: wall)
    let first = Int64(number) * Self.keysPerBranch + 1
    branches.append(
      Branch(
        disk: disk, program: program, store: store, folder: own, replica: replica,
        period: Self.period(number), own: first...(first + Self.customersPerBranch - 1),
        nextNew: first + Self.customersPerBranch))
  }

  // MARK: Running

  /// Runs all of it; tells a line for each month as it goes, and returns the figures of the end.
  package func run(_ tell: (String) -> Void) throws -> [String] {
    let clock = ContinuousClock()
    let began = clock.now
    try fill()
    tell(Self.heading)
    for month in 1...months {
      for _ in 0..<30 {
        day += 1
        try passDay()
      }
      let known = violations.count
      tell(try checkMonth(month, seconds: (clock.now - began).components.seconds))
      for violation in violations[known...] { tell(violation.description) }
    }
    let known = violations.count
    try settle()
    let seconds = (clock.now - began).components.seconds
    return [
      "\(branches.count) branches, \(months) months: \(editCount) edits, \(syncCount) syncs,"
        + " \(pushedRowCount) row changes sent, \(pulledRowCount) pulled,"
        + " \(byteCount >> 20) MB moved",
      "\(seconds) s, \(Self.processorSeconds) s of them on a core; \(violations.count) violations",
    ] + violations[known...].map(\.description)
  }

  private func fill() throws {
    for index in branches.indices {
      let branch = branches[index]
      branches[index].edited = Set(branch.own)
      try branch.program.transaction {
        for key in branch.own {
          try branch.program.execute(
            "INSERT INTO customer VALUES (?1, ?2, 'phone', 'city', ?3, NULL)",
            [.integer(key), .text(Array("customer \(key)".utf8)), .integer(Int64(index))])
        }
      }
    }
    for index in branches.indices { try sync(index) }
    for index in branches.indices { try sync(index) }
  }

  private func passDay() throws {
    SQLiteClock.set(wall)
    for index in branches.indices { try edit(index) }
    if day % Self.daysBetweenBackups == 0 {
      durable = try hub.backup(to: folder + "/backup", wallMilliseconds: wall).place.position
    }
    for index in branches.indices
    where (day + index * 7) % branches[index].period == 0 {
      try sync(index)
    }
    try prune()
  }

  /// A day's work of one office, in one transaction.
  private func edit(_ index: Int) throws {
    let program = branches[index].program
    try program.transaction {
      for _ in 0..<editsPerDay {
        editCount += 1
        var key = key(index)
        let kind = Int.random(in: 0..<1_000, using: &generator)
        let text = Value.text(Array("\(editCount)".utf8))
        switch kind {
        case 0..<10:
          key = branches[index].nextNew
          branches[index].nextNew += 1
          try program.execute(
            "INSERT INTO customer VALUES (?1, ?2, 'phone', 'city', ?3, NULL)",
            [.integer(key), text, .integer(Int64(index))])
        case 10..<20:
          try program.execute("DELETE FROM customer WHERE id = ?1", [.integer(key)])
        case 20..<30:
          let owner = Int64.random(in: 0..<Int64(branches.count), using: &generator)
          try program.execute(
            "UPDATE customer SET owner = ?2 WHERE id = ?1", [.integer(key), .integer(owner)])
        default:
          let column = ["name", "phone", "city", "note"][kind % 4]
          try program.execute(
            "UPDATE customer SET \(column) = ?2 WHERE id = ?1", [.integer(key), text])
        }
        branches[index].edited.insert(key)
      }
    }
  }

  /// Nearly always one of the office's own customers, sometimes one that everybody edits, rarely
  /// any.
  private func key(_ index: Int) -> Int64 {
    let branch = branches[index]
    switch Int.random(in: 0..<1_000, using: &generator) {
    case 0..<Self.hotEdits:
      let number = Int64.random(in: 0..<Self.hotCount, using: &generator)
      let owner = number % Int64(branches.count)
      return owner * Self.keysPerBranch + 1 + number / Int64(branches.count)
    case Self.hotEdits..<Self.hotEdits + Self.othersEdits:
      let owner = Int64.random(in: 0..<Int64(branches.count), using: &generator)
      return owner * Self.keysPerBranch
        + Int64.random(in: 1...Self.customersPerBranch, using: &generator)
    default:
      // The newest hundred: whom an office has left alone for years it hardly edits.
      let newest = max(branch.own.upperBound, branch.nextNew - 1)
      let oldest = max(branch.own.lowerBound, newest - Self.customersPerBranch + 1)
      return Int64.random(in: oldest...newest, using: &generator)
    }
  }

  private func sync(_ index: Int) throws {
    let branch = branches[index]
    branches[index].told = try branch.store.position()
    let agent = BranchEngine(store: branch.store, stagingFolder: branch.folder + "/staging")
    var effects = try agent.handle(.start, wallMilliseconds: wall)
    syncCount += 1
    while let effect = effects.first {
      switch effect {
      case .send(let request):
        let response = engine.handle(request, from: branch.replica, wallMilliseconds: wall)
        effects = try agent.handle(
          .answered(response, requestBytes: 0, responseBytes: 0), wallMilliseconds: wall)
      case .wait:
        effects = try agent.handle(.waited, wallMilliseconds: wall)
      case .finish(let report):
        pushedRowCount += report.pushed.rows
        pulledRowCount += report.pulled.rows
        byteCount += report.pulled.bytes + report.pushed.bytes
        if report.outcome != .complete {
          complain("Liveness", "Branch \(index)'s sync on day \(day) ended as \(report.outcome).")
        }
        return try noteSync(index)
      case .enrol, .identityChanged:
        return complain("Identity", "Branch \(index) takes itself for a copy on day \(day).")
      }
    }
  }

  /// What every branch had by the beginning of its last sync.
  var settled: LogPosition { branches.map(\.told).min() ?? .start }

  /// The same of those who synced within the away limit.
  var stable: LogPosition {
    branches.filter { day - $0.syncedDay <= Self.awayDays }.map(\.told).min() ?? settled
  }

  private func noteSync(_ index: Int) throws {
    let head = try hub.head()
    let (settled, stable) = (settled, stable)
    for key in branches[index].edited {
      if changed[key] ?? .start <= stable { referred[key] = nil }
      referred[key] = min(referred[key] ?? settled, settled)
      changed[key] = head
    }
    branches[index].edited = []
    branches[index].syncedDay = day
    branches[index].durable = durable
  }

  private func prune() throws {
    let away = wall - Int64(Self.awayDays) * Self.dayMilliseconds
    while try hub.prune(rowsAtMost: 5_000, awayBeforeMilliseconds: away).hasMore {}
  }

  private func settle() throws {
    for _ in 0..<2 {
      for index in branches.indices { try sync(index) }
    }
    let expected = try hub.digests().map { "\($0.digest)" }
    for (index, branch) in branches.enumerated() {
      if try branch.store.digests().map({ "\($0.digest)" }) != expected {
        complain("Convergence", "Branch \(index) does not hold the hub's rows at the end.")
      }
    }
  }

  func complain(_ checker: String, _ sentence: String) {
    guard violations.count < SimulationLimits.violationsMax else { return }
    violations.append(Violation(checker, sentence))
  }
}
