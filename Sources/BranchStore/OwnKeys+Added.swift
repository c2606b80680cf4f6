internal import Deltas
internal import Storage

/// Whose keys are held by columns that are added to others whose domains are noted.
///
/// What was there before stays what it is: an added column goes the way of what it refers to, and
/// an added table's keys go the way of what refers to them.
struct AddedKeys {
  /// By column of which domains its values would be; nil is for those that are shared. None: they
  /// are keys that were not there before.
  private var sides: [KeyDomains.Place: Set<TableID?>] = [:]
  private let added: Set<KeyDomains.Place>
  private let schema: Schema

  init(
    _ added: Set<KeyDomains.Place>, beside noted: KeyDomains, in schema: Schema,
    references: Set<KeyDomains.Reference>
  ) {
    self.added = added
    self.schema = schema
    for reference in references {
      for place in [reference.child, reference.parent] where !added.contains(place) {
        sides[place] = [noted.domains[place]]
      }
    }
    spread(references)
    let settled = Set(sides.keys)
    spread(references, besides: settled)
  }

  /// Takes over what columns refer to, and, for columns besides those that are settled, what
  /// refers to them.
  private mutating func spread(
    _ references: Set<KeyDomains.Reference>, besides settled: Set<KeyDomains.Place>? = nil
  ) {
    var isGrowing = true
    func add(_ from: KeyDomains.Place, to place: KeyDomains.Place) {
      guard added.contains(place), settled?.contains(place) != true else { return }
      let before = sides[place] ?? []
      let after = before.union(sides[from] ?? [])
      guard after.count > before.count else { return }
      sides[place] = after
      isGrowing = true
    }
    while isGrowing {
      isGrowing = false
      for reference in references {
        add(reference.parent, to: reference.child)
        if settled != nil { add(reference.child, to: reference.parent) }
      }
    }
  }

  /// The domain of an added column that has one side; nil if that is the shared one.
  func domain(of place: KeyDomains.Place) -> TableID? {
    guard let sides = sides[place], sides.count == 1 else { return nil }
    return sides.first ?? nil
  }

  /// Whether what was there before says what an added column holds.
  func isSettled(_ place: KeyDomains.Place) -> Bool { sides[place]?.isEmpty == false }

  /// Added columns whose values would be different rows' keys at once, as sentences.
  var clashes: [KeyDomains.Place: String] {
    var result: [KeyDomains.Place: String] = [:]
    for (place, sides) in sides where added.contains(place) && sides.count > 1 {
      guard let table = schema.table(place.table), let column = table.column(place.column) else {
        continue
      }
      let names = sides.compactMap { $0.flatMap { schema.table($0)?.name } }.sorted()
      let others = sides.contains(nil) ? ["others whose numbers all branches share"] : []
      let all = names.map { "“\($0)”" } + others
      result[place] =
        "Column “\(column.name)” of table “\(table.name)” would hold keys of"
        + " \(all.joined(separator: " and of ")) at once, and here one number stands for another"
        + " row of each."
    }
    return result
  }
}

extension OwnKeys {
  /// Where columns that were added to others whose domains are noted stand.
  func standing(
    of added: Set<KeyDomains.Place>, beside noted: KeyDomains, in schema: Schema, known: Schema,
    database: Database
  ) throws -> AddedKeys {
    AddedKeys(
      added, beside: noted, in: schema,
      references: try references(of: schema, known: known, in: database))
  }

  /// The domains of such columns. What refers to rows whose keys are shared is shared, too, and so
  /// are keys in whose way something stands.
  func domains(
    of added: Set<KeyDomains.Place>, beside noted: KeyDomains, in schema: Schema, known: Schema,
    database: Database
  ) throws -> KeyDomains {
    let all = try domains(of: schema, known: known, in: database)
    let candidates =
      scope == .newNumbers
      ? try numbered(all, of: schema, in: database) : Set(all.domains.values)
    let usable = candidates.subtracting(
      try obstacles(all, of: schema, in: database).map(\.domain))
    let standing = try standing(
      of: added, beside: noted, in: schema, known: known, database: database)
    var result: [KeyDomains.Place: TableID] = [:]
    for place in added {
      if standing.isSettled(place) {
        result[place] = standing.domain(of: place)
      } else if let id = all.domains[place], usable.contains(id) {
        result[place] = id
      }
    }
    let fitting = KeyDomains(domains: result)
    let misfits = schema.tables.flatMap { mismatches(fitting, of: $0, in: schema) }.map(\.place)
    return KeyDomains(domains: result.filter { !misfits.contains($0.key) })
  }
}
