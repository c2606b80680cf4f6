package import Deltas
internal import Storage

/// Which columns hold one table's keys: the key itself, and the columns that refer to it, through
/// however many tables.
///
/// Pure; tables and columns by the schema's numbers.
package struct KeyDomains: Hashable, Sendable {
  /// One column of a table.
  package struct Place: Hashable, Sendable, Comparable {
    package let table: TableID
    package let column: ColumnID

    package init(_ table: TableID, _ column: ColumnID) {
      self.table = table
      self.column = column
    }

    package static func < (left: Place, right: Place) -> Bool {
      (left.table.rawValue, left.column) < (right.table.rawValue, right.column)
    }
  }

  /// A column whose values are those of another.
  package struct Reference: Hashable, Sendable {
    package let child: Place
    package let parent: Place

    package init(_ child: Place, _ parent: Place) {
      self.child = child
      self.parent = parent
    }
  }

  /// By column the table after which its domain is called; columns of no domain are not there.
  package private(set) var domains: [Place: TableID] = [:]

  /// Every table's rows get keys of their own: by a reference that is part of the key, or else by
  /// the last column of the key itself. References to anything else but keys are left alone.
  package init(_ schema: Schema, references: [Reference]) {
    let children = Set(references.map(\.child))
    var origins: Set<Place> = []
    for table in schema.tables {
      let key = table.keyColumns.map { Place(table.id, $0) }
      guard let last = key.last, children.isDisjoint(with: key) else { continue }
      origins.insert(last)
    }
    var members = Self.members(from: origins, references)
    // References that go round, or lead to what is no key.
    for table in schema.tables {
      let key = table.keyColumns.map { Place(table.id, $0) }
      guard let last = key.last, members.isDisjoint(with: key) else { continue }
      origins.insert(last)
      members = Self.members(from: origins, references)
    }
    unite(members, origins, references)
  }

  /// What the file has noted.
  package init(domains: [Place: TableID]) { self.domains = domains }

  package func columns(of table: TableID) -> [ColumnID: TableID] {
    var result: [ColumnID: TableID] = [:]
    for (place, domain) in domains where place.table == table { result[place.column] = domain }
    return result
  }

  private static func members(
    from origins: Set<Place>, _ references: [Reference]
  ) -> Set<Place> {
    var result = origins
    var isGrowing = true
    while isGrowing {
      isGrowing = false
      for reference in references where result.contains(reference.parent) {
        if result.insert(reference.child).inserted { isGrowing = true }
      }
    }
    return result
  }

  private mutating func unite(
    _ members: Set<Place>, _ origins: Set<Place>, _ references: [Reference]
  ) {
    var leaders = Dictionary(uniqueKeysWithValues: members.map { ($0, $0) })
    func leader(_ place: Place) -> Place {
      var place = place
      while let next = leaders[place], next != place { place = next }
      return place
    }
    for reference in references
    where members.contains(reference.child) && members.contains(reference.parent) {
      let (child, parent) = (leader(reference.child), leader(reference.parent))
      leaders[max(child, parent)] = min(child, parent)
    }
    var names: [Place: TableID] = [:]
    for origin in origins.sorted() where names[leader(origin)] == nil {
      names[leader(origin)] = origin.table
    }
    for member in members { domains[member] = names[leader(member)] }
  }
}

extension KeyDomains {
  /// What foreign keys say in some databases with these tables.
  static func references(
    of schema: Schema, in databases: [Database]
  ) throws -> Set<Reference> {
    var result: Set<Reference> = []
    for table in schema.tables {
      for database in databases {
        for part in try SchemaReader.foreignKeyColumns(of: table.name, in: database) {
          guard let child = schema.place(table.name, part.column),
            let parent = schema.parent(of: part), child != parent
          else { continue }
          result.insert(Reference(child, parent))
        }
      }
    }
    return result
  }
}

extension Schema {
  /// Every column of every table.
  var places: Set<KeyDomains.Place> {
    Set(tables.flatMap { table in table.columns.map { KeyDomains.Place(table.id, $0.id) } })
  }

  /// The place of a column by names; nil if it is not there.
  func place(_ table: String, _ column: String) -> KeyDomains.Place? {
    guard let table = tables.first(where: { SchemaReader.sameName($0.name, table) }),
      let column = table.columns.first(where: { SchemaReader.sameName($0.name, column) })
    else { return nil }
    return KeyDomains.Place(table.id, column.id)
  }

  fileprivate func parent(of part: ForeignKeyColumn) -> KeyDomains.Place? {
    if let column = part.parentColumn { return place(part.parent, column) }
    guard let table = tables.first(where: { SchemaReader.sameName($0.name, part.parent) }),
      part.place < table.keyColumns.count
    else { return nil }
    return KeyDomains.Place(table.id, table.keyColumns[part.place])
  }
}
