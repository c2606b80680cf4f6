package import Deltas
internal import Storage

/// Which rows a copy has made, as far as it can be found out: of those that SQLite numbered.
package struct NewRows: Sendable {
  /// They were sealed in this changeset or a later one: the hub has none of these.
  package var first: UInt64
  /// Shared numbers in those that stand for rows which the hub has all the same, by domain.
  package var known: [TableID: Set<Int64>] = [:]

  package init(first: UInt64) { self.first = first }
}

extension BranchStore {
  /// Changesets of the outbox that may have rows which SQLite numbered, as they were first sealed:
  /// those that the hub knows were sealed before the copy was made.
  package func doubtfulOutbox() throws -> [OutgoingChangeset] {
    guard keys != nil else { return [] }
    return try performing {
      guard try !NewNumbers.ranges(of: 0...(.max), in: database).isEmpty else { return [] }
      return try outbox().filter { changeset in
        try !changeset.isLogged
          && Self.outboxHeader(changeset.counter, in: database)?.origin == nil
      }
    }
  }

  /// The tables that may have rows which SQLite numbered in some changesets.
  package func tablesWithNewRows(in counters: ClosedRange<UInt64>) throws -> Set<TableID> {
    guard let keys else { return [] }
    return try performing {
      let domains = try NewNumbers.ranges(of: counters, in: database).keys
      return Set(domains.flatMap { keys.byID[$0]?.makers ?? [] }.map(\.table.id))
    }
  }

  /// Shared numbers that SQLite gave in some changesets and whose rows others have, too, by domain.
  ///
  /// Rows that were captured and not sealed when a copy was made are sealed by both, each in a
  /// changeset of its own: there they are the same, column for column. `isKnown` says of a row that
  /// is here whether it is. One that refers to a new row is new, whatever it looks like.
  package func knownNumbers(
    in counters: ClosedRange<UInt64>, isKnown: (TableID, [UInt8]) -> Bool
  ) throws -> [TableID: Set<Int64>] {
    guard let keys else { return [:] }
    return try performing {
      let ranges = try NewNumbers.ranges(of: counters, in: database)
      let reader = NewRowReader(database, keys, new: ranges.mapValues { Set($0.joined()) })
      var known: [TableID: [Int64: [NewRowReader.Reference]]] = [:]
      for (domain, numbers) in reader.new {
        for number in numbers {
          guard let references = try reader.references(of: number, in: domain, isKnown) else {
            continue
          }
          known[domain, default: [:]][number] = references
        }
      }
      var isChanging = true
      while isChanging {
        isChanging = false
        for (domain, rows) in known {
          for (number, references) in rows
          where references.contains(where: { known[$0.domain]?[$0.number] == nil }) {
            known[domain]?[number] = nil
            isChanging = true
          }
        }
      }
      return known.mapValues { Set($0.keys) }
    }
  }
}

/// Reads rows by new numbers, and which new numbers they refer to.
private final class NewRowReader {
  struct Reference {
    let domain: TableID
    let number: Int64
  }

  private struct Maker {
    let table: TableID
    let domains: [TableID]
    let statement: Statement
  }

  let new: [TableID: Set<Int64>]
  private let database: Database
  private let keys: KeyTranslation
  private var makers: [TableID: [Maker]] = [:]

  init(_ database: Database, _ keys: KeyTranslation, new: [TableID: Set<Int64>]) {
    self.database = database
    self.keys = keys
    self.new = new
  }

  /// What the rows under a number refer to; nil if there are none, or one of them is not known.
  func references(
    of number: Int64, in domain: TableID, _ isKnown: (TableID, [UInt8]) -> Bool
  ) throws -> [Reference]? {
    var encoder = KeyEncoder()
    encoder.append(.integer(number))
    var result: [Reference]?
    for maker in try makers(of: domain) {
      try maker.statement.bind(1, .integer(number), copying: false)
      defer { maker.statement.reset() }
      guard try maker.statement.step() else { continue }
      guard isKnown(maker.table, encoder.bytes) else { return nil }
      result = result ?? []
      for (index, domain) in maker.domains.enumerated() {
        guard case .integer(let number) = maker.statement.value(index),
          new[domain]?.contains(number) == true
        else { continue }
        result?.append(Reference(domain: domain, number: number))
      }
    }
    return result
  }

  private func makers(of domain: TableID) throws -> [Maker] {
    if let known = makers[domain] { return known }
    let made = try (keys.byID[domain]?.makers ?? []).filter(\.isWhole).map { maker in
      let columns = keys.columns(of: maker.table.id)
      let references = maker.table.valueColumns.compactMap { column in
        columns?.domains[column].map { (column: column, domain: $0) }
      }
      let sql = TableSQL(maker.table, keys: columns).selectByKey(references.map(\.column))
      return Maker(
        table: maker.table.id, domains: references.map(\.domain),
        statement: try database.prepare(sql))
    }
    makers[domain] = made
    return made
  }
}
