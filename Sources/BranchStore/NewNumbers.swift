internal import Deltas
internal import Storage

/// Shared numbers of rows that SQLite numbered here, as they move to another space: a copy gives
/// new rows the numbers that the database it was copied from gives, too.
struct NewNumbers {
  let from: KeySpace
  let to: KeySpace
  private let keys: KeyTranslation
  private let ranges: [TableID: [ClosedRange<Int64>]]

  /// Without those that are `known` elsewhere.
  init(
    _ ranges: [TableID: [ClosedRange<Int64>]], known: [TableID: Set<Int64>] = [:],
    _ keys: KeyTranslation, to space: KeySpace
  ) {
    self.keys = keys
    from = keys.space
    to = space
    // What lies in another space is somebody else's.
    let own = (from.base + 1)...(from.base + KeySpace.width - 1)
    self.ranges = Dictionary(
      uniqueKeysWithValues: ranges.map { domain, ranges in
        let ranges = ranges.filter { own.contains($0.lowerBound) && own.contains($0.upperBound) }
          .sorted { $0.lowerBound < $1.lowerBound }
        guard let known = known[domain] else { return (domain, ranges) }
        return (domain, Self.ranges(of: ranges.joined().filter { !known.contains($0) }))
      })
  }

  /// Ascending numbers, as few ranges.
  private static func ranges(of numbers: some Sequence<Int64>) -> [ClosedRange<Int64>] {
    var result: [ClosedRange<Int64>] = []
    for number in numbers {
      if let last = result.last, number <= last.upperBound + 1 {
        result[result.count - 1] = last.lowerBound...max(number, last.upperBound)
      } else {
        result.append(number...number)
      }
    }
    return result
  }

  var isEmpty: Bool { ranges.values.allSatisfy(\.isEmpty) }

  /// What a key is called in the other space; nil if it keeps its name.
  private func moved(_ key: ValueView, in domain: TableID?) -> Int64? {
    guard let domain, case .integer(let number) = key,
      following(number, in: domain).first?.contains(number) == true
    else { return nil }
    return number - from.base + to.base
  }

  /// The ranges that do not end before a number.
  private func following(_ number: Int64, in domain: TableID) -> ArraySlice<ClosedRange<Int64>> {
    let ranges = ranges[domain] ?? []
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
    }
    return ranges[low...]
  }

  /// A block with the moved numbers in its keys and references; nil if it has none of them.
  func moved(_ block: BlockReader) -> [UInt8]? {
    let columns = keys.noted.columns(of: block.table)
    // The key's columns are the table's, also of one that the file does not have any more.
    let keyDomains = keyDomains(of: block, columns)
    let valueDomains = block.columns.map { columns[$0] }
    guard (keyDomains + valueDomains).contains(where: { $0.map { ranges[$0] != nil } == true })
    else { return nil }
    var builder = BlockBuilder(
      table: block.table, kind: block.kind, columns: block.columns, counted: block.counted,
      keyColumnCount: block.keyColumnCount)
    var hasMoved = false
    block.withValues { values in
      func written(_ value: ValueView, _ domain: TableID?) -> ValueView {
        guard let number = moved(value, in: domain) else { return value }
        hasMoved = true
        return .integer(number)
      }
      for row in 0..<block.rowCount {
        builder.beginRow(milliseconds: block.milliseconds(row: row), base: block.base(row: row))
        for index in 0..<block.keyColumnCount {
          builder.appendKey(written(values.key(index, row: row), keyDomains[index]))
        }
        for index in block.columns.indices {
          builder.append(written(values.value(index, row: row), valueDomains[index]))
        }
        for index in block.counted.indices {
          builder.append(values.previous(index, row: row))
        }
      }
    }
    return hasMoved ? builder.finish() : nil
  }

  private func keyDomains(
    of block: BlockReader, _ columns: [ColumnID: TableID]
  ) -> [TableID?] {
    let key = keys.keyColumns[block.table] ?? []
    return (0..<block.keyColumnCount).map { index in
      index < key.count ? columns[key[index]] : nil
    }
  }

  /// Gives the file's entries their names in the other space.
  func moveEntries(in database: Database) throws {
    for (domain, ranges) in ranges {
      for range in ranges {
        try database.execute(
          KeySQL.moveShared,
          [
            domain.value, .integer(range.lowerBound), .integer(range.upperBound),
            .integer(to.base - from.base),
          ])
      }
    }
  }

  // MARK: Which they are

  /// Notes numbers that a changeset's rows were given, as few ranges.
  static func note(
    _ numbers: [Int64], in domain: TableID, counter: UInt64, in database: Database
  ) throws {
    guard !numbers.isEmpty else { return }
    try database.executeScript(KeySQL.createNew)
    for range in ranges(of: numbers.sorted()) {
      try note(range, in: domain, counter: counter, in: database)
    }
  }

  private static func note(
    _ range: ClosedRange<Int64>, in domain: TableID, counter: UInt64, in database: Database
  ) throws {
    try database.execute(
      KeySQL.insertNew,
      [
        .integer(Int64(counter)), domain.value, .integer(range.lowerBound),
        .integer(range.upperBound),
      ])
  }

  /// Numbers of some changesets.
  static func ranges(
    of counters: ClosedRange<UInt64>, in database: Database
  ) throws -> [TableID: [ClosedRange<Int64>]] {
    try noted(in: database).reduce(into: [:]) { result, noted in
      guard counters.contains(noted.counter) else { return }
      result[noted.domain, default: []].append(noted.range)
    }
  }

  private static func noted(
    in database: Database
  ) throws -> [(counter: UInt64, domain: TableID, range: ClosedRange<Int64>)] {
    guard try database.firstRow(KeySQL.hasNew) != nil else { return [] }
    return try database.rows(KeySQL.selectNew).map { row in
      guard let counter = row[0].number.flatMap({ UInt64(exactly: $0) }),
        let domain = row[1].number.flatMap({ UInt16(exactly: $0) }),
        let first = row[2].number, let last = row[3].number, first <= last
      else { throw BranchStoreError.damaged("a new number is an impossible one") }
      return (counter, TableID(domain), first...last)
    }
  }

  /// Forgets the numbers of changesets up to a counter: the hub has them.
  static func forget(upTo counter: UInt64, in database: Database) throws {
    guard try database.firstRow(KeySQL.hasNew) != nil else { return }
    try database.execute(KeySQL.deleteNew, [.integer(Int64(counter))])
  }

  /// Notes moved numbers under the changesets' new counters, so that a copy of the copy finds them.
  /// `counters` are the old ones, in the order of the new.
  func renumber(_ counters: [UInt64], in database: Database) throws {
    let noted = try Self.noted(in: database)
    guard !noted.isEmpty else { return }
    let places = Dictionary(uniqueKeysWithValues: zip(counters, UInt64(1)...))
    let shift = to.base - from.base
    try database.execute(KeySQL.deleteNew, [.integer(.max)])
    for noted in noted {
      guard let counter = places[noted.counter] else { continue }
      for range in following(noted.range.lowerBound, in: noted.domain) {
        guard range.overlaps(noted.range) else { break }
        let part = range.clamped(to: noted.range)
        try Self.note(
          (part.lowerBound + shift)...(part.upperBound + shift), in: noted.domain,
          counter: counter, in: database)
      }
    }
  }
}
