internal import Basics
internal import Clocks
internal import Deltas

/// A version as a row's record keeps it: whose it is follows from the position.
struct StoredVersion: Hashable, Sendable {
  var position: LogPosition
  /// Corrected wall time; nil for a row that was there before its branch joined.
  var milliseconds: Int64?
  /// Where the author had integrated the row, if it was not the changeset's context.
  var base: LogPosition?
  /// The time and the base were not copied from the log: the inserted row's block there has them.
  var isInLog = false
}

/// What the hub keeps of a row beside its values: which version each column has.
///
/// Normally one version for all columns, which then needs no detail. A row without any record has
/// all its columns from the block in the log that covers its key.
struct RowMetadata: Hashable, Sendable {
  /// Where the standing values are.
  enum Place: UInt8 {
    /// In the consolidated table, as far as `groups` does not have them.
    case table = 0
    /// The row does not stand; what it last held is in `groups`.
    case gone = 1
    /// The row stands, but the table's constraints refuse it; its values are in `groups`.
    case quarantine = 2
  }

  /// Columns that have the same versions.
  struct Group: Hashable, Sendable {
    var columns: ColumnSet
    /// In the order of the log; empty for columns that were never written.
    var versions: [StoredVersion]
    /// For each column in order its versions' values; empty where the one value is in the table.
    var values: [[Value]]
  }

  /// The version with the highest position. What `groups` does not name is its.
  var latest: StoredVersion
  var place: Place = .table
  /// False only for a row that was changed without ever having been inserted.
  var isComplete = true
  var groups: [Group] = []
  var deletions: [StoredVersion] = []
  /// The last position whose outcome sent the row's full state to everyone.
  var outcomePosition: LogPosition?

  init(latest: StoredVersion) { self.latest = latest }

  /// Whether `latest` says it all.
  var isPlain: Bool {
    place == .table && groups.isEmpty && deletions.isEmpty && isComplete && latest.base == nil
      && !latest.isInLog && outcomePosition == nil
  }

  /// All versions, some perhaps twice.
  var versions: [StoredVersion] { [latest] + groups.flatMap(\.versions) + deletions }

  /// The columns that `groups` names.
  var groupedColumns: ColumnSet {
    groups.reduce(into: ColumnSet()) { $0.formUnion($1.columns) }
  }
}

// MARK: - Stored form

extension RowMetadata {
  private static let formatByte: UInt8 = 1
  private static let incompleteFlag: UInt8 = 4

  /// What goes beside `latest`'s position and time; nil for a plain row.
  var detail: [UInt8]? {
    if isPlain { return nil }
    var writer = ByteWriter(reservingCapacity: 64)
    writer.write(Self.formatByte)
    writer.write(place.rawValue | (isComplete ? 0 : Self.incompleteFlag))
    Self.write(latest, to: &writer, withPosition: false)
    writer.writeOptional(outcomePosition) { $0.write($1) }
    var others: [StoredVersion] = []
    func index(_ version: StoredVersion) -> Int {
      if version == latest { return 0 }
      if let known = others.firstIndex(of: version) { return known + 1 }
      others.append(version)
      return others.count
    }
    let deletionIndexes = deletions.map(index)
    let groupIndexes = groups.map { $0.versions.map(index) }
    writer.writeList(others) { Self.write($1, to: &$0, withPosition: true) }
    writer.writeList(deletionIndexes) { $0.writeVarint($1) }
    writer.writeVarint(groups.count)
    for (group, indexes) in zip(groups, groupIndexes) {
      group.columns.write(to: &writer)
      writer.writeList(indexes) { $0.writeVarint($1) }
      writer.write(!group.values.isEmpty)
      for values in group.values {
        for value in values { writer.write(value) }
      }
    }
    return writer.bytes
  }

  private static func write(
    _ version: StoredVersion, to writer: inout ByteWriter, withPosition: Bool
  ) {
    if withPosition {
      writer.write(version.position)
      writer.writeOptional(version.milliseconds) { $0.writeSignedVarint($1) }
    }
    writer.writeOptional(version.base) { $0.write($1) }
    writer.write(version.isInLog)
  }

  init(position: LogPosition, milliseconds: Int64?, detail: [UInt8]?) throws(DeltaDecodingError) {
    latest = StoredVersion(position: position, milliseconds: milliseconds)
    guard let detail else { return }
    var reader = FieldReader(detail, in: "a row's record")
    guard try reader.readByte() == Self.formatByte else {
      throw reader.error("has an unknown format")
    }
    let flags = try reader.readByte()
    guard let place = Place(rawValue: flags & ~Self.incompleteFlag) else {
      throw reader.error("has an unknown place")
    }
    self.place = place
    isComplete = flags & Self.incompleteFlag == 0
    latest.base = try reader.readOptional { (r) throws(DeltaDecodingError) in
      try r.readPosition()
    }
    latest.isInLog = try reader.readFlag()
    outcomePosition = try reader.readOptional { (r) throws(DeltaDecodingError) in
      try r.readPosition()
    }
    var known = [latest]
    known += try reader.readList(of: "versions", atMost: Self.versionsMax) {
      (r) throws(DeltaDecodingError) in try Self.readVersion(&r)
    }
    deletions = try Self.readVersions(&reader, among: known)
    groups = try reader.readList(of: "column groups", atMost: DeltaLimits.columnsMax) {
      (r) throws(DeltaDecodingError) in
      let columns = try ColumnSet(reading: &r)
      let versions = try Self.readVersions(&r, among: known)
      var values: [[Value]] = []
      if try r.readFlag() {
        for _ in columns.columns {
          var ofColumn: [Value] = []
          for _ in versions { ofColumn.append(try r.readValue()) }
          values.append(ofColumn)
        }
      }
      return Group(columns: columns, versions: versions, values: values)
    }
    try reader.expectEnd()
  }

  private static func readVersion(
    _ reader: inout FieldReader
  ) throws(DeltaDecodingError) -> StoredVersion {
    let position = try reader.readPosition()
    let milliseconds = try reader.readOptional { (r) throws(DeltaDecodingError) in
      try r.readSignedVarint()
    }
    let base = try reader.readOptional { (r) throws(DeltaDecodingError) in try r.readPosition() }
    let isInLog = try reader.readFlag()
    return StoredVersion(
      position: position, milliseconds: milliseconds, base: base, isInLog: isInLog)
  }

  private static func readVersions(
    _ reader: inout FieldReader, among known: [StoredVersion]
  ) throws(DeltaDecodingError) -> [StoredVersion] {
    try reader.readList(of: "versions", atMost: versionsMax) {
      (r) throws(DeltaDecodingError) in
      known[try r.readCount(of: "versions", atMost: known.count - 1)]
    }
  }

  private static let versionsMax = 1 << 20
}
