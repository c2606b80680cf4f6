internal import Deltas
internal import Storage

/// Gives shared keys that come in their own keys here, and notes which of them have rows. Inside
/// the caller's transaction.
///
/// A row keeps the number that others know it by, if that is above all that the table has had; else
/// it gets the next one. A text stays what it is, unless another row here has it.
final class KeyNumbers {
  private let database: Database
  let keys: KeyTranslation
  /// Whose rows may have numbers of their own elsewhere.
  private let replicas: Set<UInt32>
  private var lookups: [TableID: Statement] = [:]
  /// By domain whether there are entries.
  private var entries: [TableID: Bool] = [:]
  /// By domain the greatest number that was given, or that a row has or had since the last seal.
  private var greatest: [TableID: Int64] = [:]
  /// By domain the greatest number that is the same here, of rows that may not be written yet.
  private var kept: [TableID: Int64] = [:]
  /// By domain the last number that was given in the middle, since none is left above.
  private var betweens: [TableID: Int64] = [:]

  init(_ database: Database, _ keys: KeyTranslation, replicas: Set<UInt32> = []) {
    self.database = database
    self.keys = keys
    self.replicas = replicas
  }

  /// Lets go of the statements.
  func finish() { lookups.removeAll() }

  /// Makes sure that a shared key has an own one: its row is about to be written, or referred to.
  func ensure(_ key: ValueView, in domain: TableID, isReference: Bool) throws {
    switch key {
    case .integer, .text: break
    case .null, .real, .blob: return
    }
    guard try mayDiffer(key, in: domain) else {
      return try keep(key, in: domain, isReference: isReference)
    }
    let lookup = try lookup(domain)
    try lookup.bind(1, key, copying: false)
    let known: Value = try lookup.step() ? lookup.value(0) : .null
    lookup.reset()
    let shared = Value(key)
    guard try known == .null || known == shared && isForeign(shared, in: domain) else {
      return try keep(key, in: domain, isReference: isReference)
    }
    let own = try fresh(for: shared, in: domain)
    entries[domain] = true
    try database.execute(KeySQL.insert, [domain.value, own, shared, Self.stateAwaited])
  }

  /// Sees to it that a number that is the same here is given to no other row, also if the row that
  /// it is of comes later.
  private func keep(_ key: ValueView, in domain: TableID, isReference: Bool) throws {
    guard keys.rule == nil, case .integer(let number) = key,
      (1...KeySpace.ownMax).contains(number)
    else { return }
    kept[domain] = max(kept[domain] ?? 0, number)
    let shared = Value.integer(number)
    guard isReference, keys.byID[domain]?.makers.contains(where: \.isNumbered) == true,
      try isFree(shared, in: domain)
    else { return }
    entries[domain] = true
    try database.execute(KeySQL.insert, [domain.value, shared, shared, Self.stateAwaited])
  }

  /// Whether a key can have another one here at all. Nearly all rows of a branch that shares keys
  /// are told from others by this alone.
  private func mayDiffer(_ key: ValueView, in domain: TableID) throws -> Bool {
    if try keys.rule != nil || hasEntries(domain) { return true }
    guard case .integer(let number) = key, let replica = KeySpace.replica(of: number) else {
      return false
    }
    return replicas.contains(replica)
  }

  private func hasEntries(_ domain: TableID) throws -> Bool {
    if let known = entries[domain] { return known }
    let has = try database.firstRow(KeySQL.hasEntries, [domain.value]) != nil
    entries[domain] = has
    return has
  }

  /// Whether a number was given by SQLite at another branch, and no row here has it as it is.
  private func isForeign(_ shared: Value, in domain: TableID) throws -> Bool {
    guard keys.rule == nil, case .integer(let number) = shared,
      let replica = KeySpace.replica(of: number), replicas.contains(replica)
    else { return false }
    return try isFree(shared, in: domain)
      && database.firstRow(KeySQL.hasShared, [domain.value, shared]) == nil
  }

  /// Notes that a row under a shared key is here.
  func noteHere(_ key: ValueView, in domain: TableID) throws {
    guard try hasEntries(domain) else { return }
    try note(KeySQL.noteHere, key, domain)
    if keys.rule == nil { try note(KeySQL.deleteSame, key, domain) }
  }

  /// Notes that a row under a shared key was deleted, unless another table has one under it.
  func noteGone(_ key: ValueView, in domain: TableID) throws {
    guard try keys.rule != nil || hasEntries(domain) else { return }
    let lookup = try lookup(domain)
    try lookup.bind(1, key, copying: false)
    let own: Value = try lookup.step() ? lookup.value(0) : .null
    lookup.reset()
    guard own != .null, try !hasRow(own, in: domain) else { return }
    try note(KeySQL.noteGone, key, domain)
    guard database.changes == 0, keys.rule != nil else { return }
    for maker in keys.byID[domain]?.makers ?? [] where maker.numbering == .mayRepeat {
      let isLast = try database.integer(BranchSQL.isLast(maker.table, maker.column), [own]) == 1
      guard isLast else { continue }
      try database.execute(KeySQL.insertGone, [domain.value, own, Value(key)])
    }
  }

  private func note(_ sql: String, _ key: ValueView, _ domain: TableID) throws {
    let statement = try database.cached(sql)
    defer { statement.reset() }
    try statement.bind(1, .integer(Int64(domain.rawValue)), copying: false)
    try statement.bind(2, key, copying: false)
    _ = try statement.step()
  }

  private func lookup(_ domain: TableID) throws -> Statement {
    if let known = lookups[domain] { return known }
    let made = try database.prepare("SELECT \(KeySQL.own("?1", domain, keys.rule))")
    lookups[domain] = made
    return made
  }

  // MARK: Own keys

  /// An own key that no row, and no other shared key, has.
  func fresh(for shared: Value, in domain: TableID) throws -> Value {
    switch shared {
    case .integer(let number) where number <= 0:
      // Programs say “none” with such numbers.
      let isFree = try isFree(shared, in: domain)
      return isFree ? shared : .integer(try next(after: 0, in: domain))
    case .integer(let number):
      return .integer(try next(after: number % KeySpace.width - 1, in: domain))
    case .text(let bytes):
      var own = shared
      var count = 1
      while try !isFree(own, in: domain) {
        own = .text(bytes + Array((count == 1 ? "~0" : "~0.\(count)").utf8))
        count += 1
      }
      return own
    case .null, .real, .blob: return shared
    }
  }

  /// A number above all of the domain, and above a wanted one if that may be. Where a row has the
  /// greatest there is, one that nobody has in the middle.
  private func next(after wanted: Int64, in domain: TableID) throws -> Int64 {
    let last = try max(greatest[domain] ?? readGreatest(domain), kept[domain] ?? 0)
    var next = max(last, wanted < KeySpace.ownMax ? wanted : 0) + 1
    while try next <= KeySpace.ownMax && !isFree(.integer(next), in: domain) { next += 1 }
    guard next <= KeySpace.ownMax else {
      greatest[domain] = last
      return try between(domain)
    }
    greatest[domain] = next
    for maker in keys.byID[domain]?.makers ?? [] where maker.numbering == .ascending {
      try raiseSequence(of: maker.table, to: next)
    }
    return next
  }

  /// The next number in the middle that no row has. As many steps as rows have been given such
  /// numbers since the database was opened, and as stand there in a row.
  private func between(_ domain: TableID) throws -> Int64 {
    var number = (betweens[domain] ?? KeySpace.ownMiddle) + 1
    while try !isFree(.integer(number), in: domain) { number += 1 }
    betweens[domain] = number
    return number
  }

  private func readGreatest(_ domain: TableID) throws -> Int64 {
    var result = try database.integer(KeySQL.greatestOwn, [domain.value]) ?? 0
    for maker in keys.byID[domain]?.makers ?? [] {
      let sql = BranchSQL.greatestNumber(maker.table, maker.column)
      result = max(result, try Self.ceiling(database.firstRow(sql)?[0]))
      let journaled = BranchSQL.greatestJournaled(maker.table, keyIndex: maker.keyIndex)
      result = max(result, try Self.ceiling(database.firstRow(journaled)?[0]))
      guard maker.numbering == .ascending else { continue }
      let given = try database.integer(BranchSQL.selectSequence, [.text(maker.table.name)]) ?? 0
      if given < KeySpace.ownMax { result = max(result, given) }
    }
    return result
  }

  /// A key between 1 and `KeySpace.ownMax`, or the next whole number: a column may hold fractions.
  private static func ceiling(_ key: Value?) -> Int64 {
    switch key {
    case .integer(let number): number
    case .real(let bits): Int64(Double(bitPattern: bits).rounded(.up))
    default: 0
    }
  }

  /// So that SQLite never gives it to another row.
  private func raiseSequence(of table: TableSchema, to number: Int64) throws {
    let values: [Value] = [.text(table.name), .integer(number)]
    if try database.integer(BranchSQL.selectSequence, [values[0]]) == nil {
      try database.execute(BranchSQL.insertSequence, values)
    } else {
      try database.execute(BranchSQL.raiseSequence, values)
    }
  }

  private func isFree(_ own: Value, in domain: TableID) throws -> Bool {
    guard try database.firstRow(KeySQL.hasOwn, [domain.value, own]) == nil else { return false }
    return try !hasRow(own, in: domain)
  }

  private func hasRow(_ own: Value, in domain: TableID) throws -> Bool {
    try (keys.byID[domain]?.makers ?? []).contains { maker in
      try database.firstRow(BranchSQL.hasRow(maker.table, maker.column), [own]) != nil
    }
  }

  // MARK: Shared keys that no rule makes

  /// Gives a number that SQLite gave a shared one in this branch's space, unless the rule does.
  /// Returns it.
  @discardableResult
  func giveNumber(to own: Int64, in domain: TableID) throws -> Value {
    let shared = Value.integer(keys.space.base + own)
    guard (1...KeySpace.ownMax).contains(own),
      try database.firstRow(KeySQL.hasShared, [domain.value, shared]) == nil
    else { return try giveShared(to: .integer(own), in: domain) }
    guard keys.rule == nil else { return shared }
    try database.execute(
      KeySQL.insert, [domain.value, .integer(own), shared, Self.stateHere])
    return shared
  }

  /// Gives rows of some tables whose keys the rule leaves as they are shared ones of this branch's.
  func nameIrregular(in tables: Set<TableID>) throws {
    guard keys.rule != nil else { return }
    for domain in keys.all {
      for maker in domain.makers where tables.contains(maker.table.id) {
        let sql = BranchSQL.irregularKeys(of: maker.table, maker.column)
        for row in try database.rows(sql, [domain.id.value]) {
          try giveShared(to: row[0], in: domain.id)
        }
      }
    }
  }

  /// Gives an own key that the rule leaves as it is, or whose shared one is taken, another.
  /// Returns it.
  @discardableResult
  func giveShared(to own: Value, in domain: TableID) throws -> Value {
    let shared: Value
    switch own {
    case .integer:
      let first = keys.space.base + KeySpace.ownMax
      let last = try database.integer(
        KeySQL.greatestShared,
        [domain.value, .integer(first), .integer(keys.space.base + KeySpace.width)])
      shared = .integer((last ?? first) + 1)
    case .text(let bytes):
      var count = 1
      var candidate: [UInt8]
      repeat {
        candidate = bytes + Array("\(keys.space.suffix).\(count)".utf8)
        count += 1
      } while try database.firstRow(KeySQL.hasShared, [domain.value, .text(candidate)]) != nil
      shared = .text(candidate)
    case .null, .real, .blob: return own
    }
    try database.execute(KeySQL.insert, [domain.value, own, shared, Self.stateHere])
    return shared
  }

  static let stateHere = Value.integer(0)
  static let stateAwaited = Value.integer(1)
  static let stateGone = Value.integer(2)
}

extension TableID {
  var value: Value { .integer(Int64(rawValue)) }
}
