import Basics
import Clocks
import Deltas
import TestSupport

/// Branches that write at random and exchange with hubs at random: a world from a seed.
struct RandomHistory {
  /// What reached the hub, in its order.
  struct Push {
    let branch: ImitatedBranch
    /// What it sends: its outbox or the beginning of it.
    let sealed: [ImitatedBranch.Sealed]
    let offset: Int64
    let received: Int64
  }

  private var random: SeededGenerator
  private(set) var branches: [ImitatedBranch]
  private var now = TestHub.now
  private var written = 0
  /// With it, columns may collide on a unique value.
  let usesUniqueColumns: Bool

  init(seed: UInt64, branches: [ImitatedBranch], usesUniqueColumns: Bool = false) {
    random = SeededGenerator(seed: seed)
    self.branches = branches
    self.usesUniqueColumns = usesUniqueColumns
  }

  /// Goes on for some steps. `push` hands what a branch sends to the hub and answers with the
  /// delta and where it ends; what the branch hears of it may be nothing.
  mutating func run(
    steps: Int, _ push: (Push) throws -> (delta: [UInt8], to: LogPosition)
  ) throws {
    for _ in 0..<steps {
      let index = Int.random(in: branches.indices, using: &random)
      now += Int64.random(in: 0...3, using: &random)
      if random.chance(600) { write(index) } else { try sync(index, push) }
    }
  }

  /// Everybody exchanges until all have all.
  mutating func settle(
    _ push: (Push) throws -> (delta: [UInt8], to: LogPosition)
  ) throws {
    for _ in 0..<2 {
      for index in branches.indices { try sync(index, push, isLossy: false) }
    }
  }

  private mutating func sync(
    _ index: Int, _ push: (Push) throws -> (delta: [UInt8], to: LogPosition), isLossy: Bool = true
  ) throws {
    let offset = Int64(index) * 10 - 10
    let branch = branches[index]
    let isPartial = isLossy && random.chance(400)
    let count = Int.random(in: 0...branch.outbox.count, using: &random)
    let sealed = isPartial ? Array(branch.outbox.prefix(count)) : branch.outbox
    let answer = try push(
      Push(branch: branch, sealed: sealed, offset: offset, received: now))
    if isLossy, random.chance(250) { return }
    try branches[index].apply(
      answer.delta, upTo: answer.to,
      confirmed: isPartial ? sealed.last?.header.dot.counter ?? 0 : .max)
  }

  // MARK: Writing

  private mutating func write(_ index: Int) {
    var branch = branches[index]
    defer { branches[index] = branch }
    let isBaseline = branch.counter == 0 && random.chance(500)
    var changes: [RowChange] = []
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let key = key()
      guard !changes.contains(where: { $0.key == key }) else { continue }
      changes += change(key, in: branch, isBaseline: isBaseline)
    }
    guard !changes.isEmpty else { return }
    branch.write(changes, isBaseline: isBaseline)
  }

  private mutating func key() -> RowKey {
    switch Int.random(in: 0..<10, using: &random) {
    case 0:
      let club = Value.text(random.chance(500) ? "chess" : "书法")
      return RowKey(
        table: SampleSchema.membership,
        values: [.integer(Int64.random(in: 1...2, using: &random)), club])
    case 1 where usesUniqueColumns, 2 where usesUniqueColumns, 3 where usesUniqueColumns:
      let code = Value.text("v\(Int.random(in: 1...4, using: &random))")
      return RowKey(table: SampleSchema.voucher, values: [code])
    default:
      return .customer(Int64.random(in: 1...6, using: &random))
    }
  }

  private mutating func change(
    _ key: RowKey, in branch: ImitatedBranch, isBaseline: Bool
  ) -> [RowChange] {
    let table = branch.schema.table(key.table)!
    let columns = table.valueColumns
    let milliseconds = now + Int64.random(in: -20...20, using: &random)
    let isThere = branch.rows[key] != nil
    if isBaseline && isThere { return [] }
    if isThere, random.chance(250) { return [.delete(key, at: milliseconds)] }
    // Deleted and inserted again within one seal.
    let isInsert = !isThere || random.chance(100) || columns.isEmpty
    guard !isInsert else {
      return [
        RowChange(
          key: key, kind: .insert, columns: columns, values: columns.map { value(key, $0) },
          milliseconds: milliseconds, base: nil)
      ]
    }
    let chosen = columns.filter { _ in random.chance(500) }
    guard !chosen.isEmpty else { return [] }
    guard chosen.count > 1, random.chance(300) else {
      return [update(key, chosen, milliseconds)]
    }
    // Columns written at different times.
    return [
      update(key, [chosen[0]], milliseconds),
      update(key, Array(chosen.dropFirst()), milliseconds + 7),
    ]
  }

  private mutating func update(
    _ key: RowKey, _ columns: [ColumnID], _ milliseconds: Int64
  ) -> RowChange {
    RowChange(
      key: key, kind: .update, columns: columns, values: columns.map { value(key, $0) },
      milliseconds: milliseconds, base: nil)
  }

  private mutating func value(_ key: RowKey, _ column: ColumnID) -> Value {
    if key.table == SampleSchema.voucher, column == ColumnID(2) {
      return random.chance(200) ? .null : .integer(Int64.random(in: 1...4, using: &random))
    }
    // Now and then two write the same.
    if random.chance(200) { return column == ColumnID(4) ? .integer(0) : .text("same") }
    written += 1
    return column == ColumnID(4) ? .integer(Int64(written)) : .text("w\(written)")
  }
}
