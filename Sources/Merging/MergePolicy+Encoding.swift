package import Basics
internal import Clocks
internal import Deltas

/// The canonical bytes of a policy: a version; what holds for other tables; then the tables
/// ascending, each with its columns ascending.
extension MergePolicy {
  /// Equal policies have equal bytes, and only they.
  package var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.write(Self.version)
    writer.write(others)
    writer.writeList(tables.sorted { $0.key < $1.key }) { writer, table in
      writer.write(table.key)
      writer.write(table.value)
    }
    return writer.bytes
  }

  /// Names what the policy says: replicas that tell each other the same have the same.
  package var contentHash: ContentHash { ContentHash(of: encoded) }

  private static let version: UInt8 = 1

  /// A policy as it was encoded. What no policy encodes to is an error.
  package static func decoded(
    _ bytes: [UInt8], registry: RuleRegistry = .standard
  ) throws(PolicyDecodingError) -> MergePolicy {
    let tables: [(TableID, TablePolicy)]
    let others: TablePolicy
    do throws(DeltaDecodingError) {
      var reader = FieldReader(bytes, in: "the merge policy")
      let version = try reader.readByte()
      guard version == Self.version else { throw .unsupportedFormat(UInt64(version)) }
      others = try reader.readTablePolicy()
      tables = try reader.readList(of: "tables", atMost: DeltaLimits.tablesMax) {
        (reader) throws(DeltaDecodingError) in
        (try reader.readTable(), try reader.readTablePolicy())
      }
      try reader.expectEnd()
    } catch {
      throw .malformed(error)
    }
    let policy: MergePolicy
    do throws(MergePolicyError) {
      policy = try MergePolicy(
        tables: Dictionary(tables) { first, _ in first }, others: others, registry: registry)
    } catch {
      throw .unfit(error)
    }
    guard policy.encoded == bytes else {
      throw .malformed(.malformed("the merge policy is not in its canonical form"))
    }
    return policy
  }
}

extension ByteWriter {
  fileprivate mutating func write(_ table: TablePolicy) {
    write(table.rule)
    writeList(table.rules.sorted { $0.key < $1.key }) { writer, rule in
      writer.write(rule.key)
      writer.write(rule.value)
    }
    writeList(table.units) { writer, unit in
      writer.writeList(unit.columns) { $0.write($1) }
      writer.write(unit.rule)
    }
    write(table.deletes.rawValue)
    write(table.isAppendOnly)
    write(table.direction.rawValue)
    write(table.authority)
    writeList(table.authorities.sorted { $0.key < $1.key }) { writer, authority in
      writer.write(authority.key)
      writer.write(authority.value)
    }
    writeOptional(table.parent) { writer, parent in
      writer.write(parent.table)
      writer.writeList(parent.columns) { $0.write($1) }
    }
    writeList(table.references.sorted { $0.key < $1.key }) { writer, reference in
      writer.write(reference.key)
      writer.write(reference.value)
    }
  }

  private mutating func write(_ rule: RuleReference) {
    writeLengthPrefixed(Array(rule.name.utf8))
    writeList(rule.arguments) { writer, argument in
      switch argument {
      case .replica(let replica):
        writer.write(UInt8(1))
        writer.write(replica)
      case .integer(let integer):
        writer.write(UInt8(2))
        writer.writeSignedVarint(integer)
      case .text(let text):
        writer.write(UInt8(3))
        writer.writeLengthPrefixed(Array(text.utf8))
      }
    }
  }

  private mutating func write(_ authority: WriteAuthority) {
    switch authority {
    case .everyone: write(UInt8(1))
    case .hub: write(UInt8(2))
    case .branches: write(UInt8(3))
    case .only(let replicas):
      write(UInt8(4))
      writeList(replicas.sorted()) { $0.write($1) }
    case .owner(let column):
      write(UInt8(5))
      write(column)
    }
  }
}

extension FieldReader {
  fileprivate mutating func readTablePolicy() throws(DeltaDecodingError) -> TablePolicy {
    let rule = try readRule()
    let rules = try readByColumn { (reader) throws(DeltaDecodingError) in try reader.readRule() }
    let units = try readList(of: "units", atMost: MergeLimits.unitsMax) {
      (reader) throws(DeltaDecodingError) in
      let columns = try reader.readList(of: "columns", atMost: DeltaLimits.columnsMax) {
        (reader) throws(DeltaDecodingError) in try reader.readColumn()
      }
      return TablePolicy.Unit(columns: columns, rule: try reader.readRule())
    }
    guard let deletes = DeleteRule(rawValue: try readByte()) else {
      throw error("has an unknown rule for deletions")
    }
    let isAppendOnly = try readFlag()
    guard let direction = SyncDirection(rawValue: try readByte()) else {
      throw error("has an unknown direction")
    }
    let authority = try readAuthority()
    let authorities = try readByColumn { (reader) throws(DeltaDecodingError) in
      try reader.readAuthority()
    }
    let parent = try readOptional { (reader) throws(DeltaDecodingError) in
      let table = try reader.readTable()
      let columns = try reader.readList(of: "columns", atMost: DeltaLimits.keyColumnsMax) {
        (reader) throws(DeltaDecodingError) in try reader.readColumn()
      }
      return TablePolicy.Parent(table: table, columns: columns)
    }
    let references = try readByColumn { (reader) throws(DeltaDecodingError) in
      try reader.readTable()
    }
    return TablePolicy(
      rule: rule, rules: rules, units: units, deletes: deletes, isAppendOnly: isAppendOnly,
      direction: direction, authority: authority, authorities: authorities, parent: parent,
      references: references)
  }

  private mutating func readByColumn<Content>(
    _ body: (inout FieldReader) throws(DeltaDecodingError) -> Content
  ) throws(DeltaDecodingError) -> [ColumnID: Content] {
    let list = try readList(of: "columns", atMost: DeltaLimits.columnsMax) {
      (reader) throws(DeltaDecodingError) in (try reader.readColumn(), try body(&reader))
    }
    return Dictionary(list) { first, _ in first }
  }

  private mutating func readRule() throws(DeltaDecodingError) -> RuleReference {
    let name = try readText(of: "rule's name", atMost: MergeLimits.ruleNameBytesMax)
    let arguments = try readList(of: "arguments", atMost: MergeLimits.ruleArgumentsMax) {
      (reader) throws(DeltaDecodingError) -> RuleReference.Argument in
      switch try reader.readByte() {
      case 1: return .replica(try reader.readReplica())
      case 2: return .integer(try reader.readSignedVarint())
      case 3: return .text(try reader.readText(of: "text", atMost: MergeLimits.argumentBytesMax))
      default: throw reader.error("has an unknown kind of argument")
      }
    }
    return RuleReference(name, arguments)
  }

  private mutating func readAuthority() throws(DeltaDecodingError) -> WriteAuthority {
    switch try readByte() {
    case 1: return .everyone
    case 2: return .hub
    case 3: return .branches
    case 4:
      let replicas = try readList(of: "replicas", atMost: MergeLimits.authorityReplicasMax) {
        (reader) throws(DeltaDecodingError) in try reader.readReplica()
      }
      return .only(Set(replicas))
    case 5: return .owner(try readColumn())
    default: throw error("has an unknown authority")
    }
  }
}
