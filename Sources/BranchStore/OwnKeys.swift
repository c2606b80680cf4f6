internal import Deltas
package import Merging
package import Storage

/// Which of a database's keys are its own: equal keys of others are other records.
package struct OwnKeys: Hashable, Sendable {
  /// A column, by names.
  package struct Column: Hashable, Sendable {
    package var table: String
    package var column: String

    package init(_ table: String, _ column: String) {
      self.table = table
      self.column = column
    }
  }

  package enum Scope: Hashable, Sendable {
    /// All that it has and will have.
    case everything
    /// Numbers that SQLite gives from now on. What programs write is shared as it is.
    case newNumbers
  }

  package var scope: Scope
  /// What rows made here are called by others.
  package var space: KeySpace
  /// Columns that hold another table's keys although no foreign key says so.
  package var references: [Column: String]
  /// The same as the hub's policy says it.
  private(set) var toldReferences: [KeyDomains.Place: TableID] = [:]
  /// Columns that look as if they did, and do not.
  package var plain: Set<Column>

  package init(
    _ scope: Scope = .everything, space: KeySpace, references: [Column: String] = [:],
    plain: Set<Column> = []
  ) {
    self.scope = scope
    self.space = space
    self.references = references
    self.plain = plain
  }

  /// With the references that a policy names, by its canonical bytes.
  package func following(
    policy bytes: [UInt8], registry: RuleRegistry = .standard
  ) throws -> OwnKeys {
    do throws(PolicyDecodingError) {
      return following(try MergePolicy.decoded(bytes, registry: registry))
    } catch {
      throw BranchStoreError.policyNotUsable(error)
    }
  }

  /// With the references that a policy names.
  package func following(_ policy: MergePolicy) -> OwnKeys {
    var result = self
    for (table, rules) in policy.tables {
      for (column, parent) in rules.references {
        result.toldReferences[KeyDomains.Place(table, column)] = parent
      }
    }
    return result
  }
}

extension OwnKeys {
  /// The domains of a schema's keys, by the foreign keys that a file or what is known declares, and
  /// by what is said here. The schema has the file's names.
  func domains(of schema: Schema, known: Schema, in database: Database) throws -> KeyDomains {
    KeyDomains(
      schema, references: Array(try references(of: schema, known: known, in: database)))
  }

  /// Which columns hold other tables' keys.
  func references(
    of schema: Schema, known: Schema, in database: Database
  ) throws -> Set<KeyDomains.Reference> {
    let places = schema.places
    let known = Schema(tables: known.tables.filter { !$0.isDropped }, otherSQL: [])
    let declared = try KeyDomains.references(of: known, in: [try Self.declared(known)])
    var references = try KeyDomains.references(of: schema, in: [database])
      .union(declared.filter { places.isSuperset(of: [$0.child, $0.parent]) })
    for (child, parent) in toldReferences where places.contains(child) {
      guard let key = schema.table(parent)?.keyColumns, key.count == 1 else { continue }
      references.insert(KeyDomains.Reference(child, KeyDomains.Place(parent, key[0])))
    }
    for (column, parent) in self.references {
      guard let child = schema.place(column.table, column.column) else {
        throw BranchStoreError.keysNotSafe([
          "There is no column “\(column.column)” in a table “\(column.table)”."
        ])
      }
      guard let table = schema.tables.first(where: { SchemaReader.sameName($0.name, parent) }),
        let key = table.keyColumns.last, table.keyColumns.count == 1
      else {
        throw BranchStoreError.keysNotSafe([
          "There is no table “\(parent)” with a key of one column for “\(column.column)” of table"
            + " “\(column.table)” to refer to."
        ])
      }
      references.insert(KeyDomains.Reference(child, KeyDomains.Place(table.id, key)))
    }
    return references
  }

  /// The schema's tables alone: the file's may have been made without foreign keys.
  private static func declared(_ schema: Schema) throws -> Database {
    let database = try Database(path: ":memory:", mode: .create)
    for table in schema.tables {
      do { try database.executeScript(table.createSQL) } catch {
        // It needs something that only the application has; the file itself says what it refers to.
        guard case .other = error else { throw error }
      }
    }
    return database
  }

  /// The domains in which keys are translated: all, or, if only new numbers are the branch's own,
  /// those in which SQLite gives some and nothing stands in the way. In others they are shared.
  func translated(
    _ domains: KeyDomains, of schema: Schema, in database: Database
  ) throws -> KeyDomains {
    let obstacles = try obstacles(domains, of: schema, in: database)
    guard scope == .newNumbers else {
      guard obstacles.isEmpty else {
        throw BranchStoreError.keysNotSafe(obstacles.map(\.sentence))
      }
      return domains
    }
    let usable = try numbered(domains, of: schema, in: database)
      .subtracting(obstacles.map(\.domain))
    return KeyDomains(domains: domains.domains.filter { usable.contains($0.value) })
  }

  /// The domains in which SQLite gives some numbers.
  func numbered(
    _ domains: KeyDomains, of schema: Schema, in database: Database
  ) throws -> Set<TableID> {
    Set(
      try schema.tables.compactMap { table -> TableID? in
        guard try SchemaReader.numbering(of: table, in: database) != .byPrograms else { return nil }
        return table.keyColumns.first.flatMap {
          domains.domains[KeyDomains.Place(table.id, $0)]
        }
      })
  }

  // MARK: What stands in the way

  /// Why the keys of a domain cannot be a database's own.
  struct Obstacle {
    let domain: TableID
    /// The column in which it lies, if that is one that refers.
    var place: KeyDomains.Place?
    let sentence: String
  }

  func obstacles(
    _ domains: KeyDomains, of schema: Schema, in database: Database
  ) throws -> [Obstacle] {
    var result: [Obstacle] = []
    for table in schema.tables {
      for id in table.keyColumns {
        guard let column = table.column(id),
          let domain = domains.domains[KeyDomains.Place(table.id, id)], domain == table.id
        else { continue }
        let place = "Column “\(column.name)” of table “\(table.name)”"
        if column.collation != "BINARY", column.affinity == .text {
          result.append(
            Obstacle(
              domain: domain,
              sentence: "\(place) compares by \(column.collation): keys that it calls equal"
                + " cannot be told apart."))
        }
        if try column.affinity == .real
          || database.integer(BranchSQL.hasUntranslated(table, column)) == 1
        {
          result.append(
            Obstacle(
              domain: domain,
              sentence: "\(place) holds keys that are neither whole numbers nor texts."))
        }
      }
      result += mismatches(domains, of: table, in: schema)
    }
    result += doubts(domains, of: schema)
    guard scope == .newNumbers else { return result }
    let numbered = try numbered(domains, of: schema, in: database)
    return result.filter { numbered.contains($0.domain) }
  }

  /// Columns that would change what they are given.
  func mismatches(
    _ domains: KeyDomains, of table: TableSchema, in schema: Schema
  ) -> [Obstacle] {
    table.columns.compactMap { column in
      guard let domain = domains.domains[KeyDomains.Place(table.id, column.id)],
        let parent = schema.tables.first(where: { $0.id == domain }),
        let key = parent.keyColumns.last.flatMap({ parent.column($0) }),
        key.affinity != column.affinity, column.affinity != .blob
      else { return nil }
      let numbers: Set<Affinity> = [.integer, .numeric]
      guard !numbers.isSuperset(of: [key.affinity, column.affinity]) else { return nil }
      return Obstacle(
        domain: domain, place: KeyDomains.Place(table.id, column.id),
        sentence: "Column “\(column.name)” of table “\(table.name)” is declared"
          + " “\(column.declaredType)”, and refers to “\(key.name)” of table “\(parent.name)”,"
          + " which is declared “\(key.declaredType)”.")
    }
  }

  /// Columns that are called like another table's key, and refer to nothing.
  func doubts(_ domains: KeyDomains, of schema: Schema) -> [Obstacle] {
    let names = schema.tables.reduce(into: [String: TableSchema]()) { result, table in
      for name in Self.referringNames(table) where result[name] == nil { result[name] = table }
    }
    let plain = Set(plain.compactMap { schema.place($0.table, $0.column) })
    return schema.tables.flatMap { table in
      table.columns.compactMap { column -> Obstacle? in
        let place = KeyDomains.Place(table.id, column.id)
        let known = domains.domains[place]
        let isNoReference =
          known == nil || known == table.id && table.keyColumns.contains(column.id)
        guard isNoReference, !plain.contains(place), column.affinity != .real,
          let other = names[Self.simple(column.name)], other.id != table.id,
          let key = other.keyColumns.first,
          let domain = domains.domains[KeyDomains.Place(other.id, key)], domain != known
        else { return nil }
        return Obstacle(
          domain: domain, place: place,
          sentence: "Column “\(column.name)” of table “\(table.name)” is called like a key of"
            + " table “\(other.name)”, and no foreign key says whether it is one.")
      }
    }
  }

  private static func referringNames(_ table: TableSchema) -> [String] {
    guard table.keyColumns.count == 1, let key = table.keyNames.first else { return [] }
    let name = simple(table.name)
    var names = [name, name.hasSuffix("s") ? String(name.dropLast()) : name]
    if name.hasSuffix("ies") { names.append(name.dropLast(3) + "y") }
    let ends = ["id", "no", "key", "code", "number"]
    var result = names.flatMap { name in ends.map { name + $0 } }
    let keyName = simple(key)
    if names.contains(where: { keyName.hasPrefix($0) }) { result.append(keyName) }
    return result
  }

  /// Letters and digits alone, in lower case.
  private static func simple(_ name: String) -> String {
    String(SchemaReader.asciiLowercased(name).filter { $0.isLetter || $0.isNumber })
  }
}
