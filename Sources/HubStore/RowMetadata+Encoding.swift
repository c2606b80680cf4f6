internal import Basics
internal import Clocks
internal import Deltas

/// The stored form, beside the position and the time of the latest version: format, place, the
/// latest version's rest, other versions, deletions and groups by index. Format 2 is written only
/// where a version is an operation, format 3 only where other rows have to do with the row's life.
///
/// Written and read for every changed row: plain loops, no closures.
extension RowMetadata {
  private static let formatByte: UInt8 = 1
  private static let operationsFormatByte: UInt8 = 2
  private static let groupFormatByte: UInt8 = 3
  private static let incompleteFlag: UInt8 = 4

  private static let timeFlag: UInt8 = 1
  private static let baseFlag: UInt8 = 2
  private static let inLogFlag: UInt8 = 4
  private static let settledFlag: UInt8 = 8

  // MARK: Writing

  /// What goes beside `latest`'s position and time; nil for a plain row.
  var detail: [UInt8]? {
    if isPlain { return nil }
    var writer = ByteWriter(reservingCapacity: 64)
    let hasGroup = !group.isEmpty
    let hasOperations = hasGroup || groups.contains { !$0.previous.isEmpty }
    writer.write(
      hasGroup
        ? Self.groupFormatByte : hasOperations ? Self.operationsFormatByte : Self.formatByte)
    writer.write(
      place.rawValue | (isComplete ? 0 : Self.incompleteFlag))
    writeFlags(of: latest, to: &writer, hasTime: false)
    let others = otherVersions
    writer.writeVarint(others.count)
    for version in others {
      writer.writeVarint(version.position.rawValue)
      writeFlags(of: version, to: &writer, hasTime: version.milliseconds != nil)
    }
    write(deletions, among: others, to: &writer)
    writer.writeVarint(groups.count)
    for group in groups {
      group.columns.write(to: &writer)
      write(group.versions, among: others, to: &writer)
      writer.write(group.values.isEmpty ? UInt8(0) : 1)
      for values in group.values {
        for value in values { writer.write(value) }
      }
      if hasOperations { write(group.previous, to: &writer) }
    }
    if hasGroup {
      for versions in [group.uses, group.taking, group.spared] {
        write(versions, among: others, to: &writer)
      }
    }
    return writer.bytes
  }

  /// All versions but `latest`, once each.
  private var otherVersions: [StoredVersion] {
    var others: [StoredVersion] = []
    func add(_ versions: [StoredVersion]) {
      for version in versions where version != latest && !others.contains(version) {
        others.append(version)
      }
    }
    add(deletions)
    for group in groups { add(group.versions) }
    add(group.all)
    return others
  }

  private func writeFlags(
    of version: StoredVersion, to writer: inout ByteWriter, hasTime: Bool
  ) {
    writer.write(
      (hasTime ? Self.timeFlag : 0) | (version.base == nil ? 0 : Self.baseFlag)
        | (version.isInLog ? Self.inLogFlag : 0) | (version.isSettled ? Self.settledFlag : 0))
    if hasTime, let milliseconds = version.milliseconds { writer.writeSignedVarint(milliseconds) }
    if let base = version.base { writer.writeVarint(base.rawValue) }
  }

  private func write(
    _ versions: [StoredVersion], among others: [StoredVersion], to writer: inout ByteWriter
  ) {
    writer.writeVarint(versions.count)
    for version in versions {
      writer.writeVarint(version == latest ? 0 : (others.firstIndex(of: version) ?? 0) + 1)
    }
  }

  private func write(_ previous: [[Value?]], to writer: inout ByteWriter) {
    writer.write(!previous.isEmpty)
    for values in previous {
      for value in values {
        writer.writeOptional(value) { $0.write($1) }
      }
    }
  }

  // MARK: Reading

  init(position: LogPosition, milliseconds: Int64?, detail: [UInt8]?) throws(DeltaDecodingError) {
    latest = StoredVersion(position: position, milliseconds: milliseconds)
    guard let detail else { return }
    var reader = FieldReader(detail, in: "a row's record")
    let format = try reader.readByte()
    guard (Self.formatByte...Self.groupFormatByte).contains(format) else {
      throw reader.error("has an unknown format")
    }
    let flags = try reader.readByte()
    guard let place = Place(rawValue: flags & ~Self.incompleteFlag) else {
      throw reader.error("has an unknown place")
    }
    self.place = place
    isComplete = flags & Self.incompleteFlag == 0
    try Self.readFlags(&reader, into: &latest)
    var known = [latest]
    for _ in 0..<(try reader.readCount(of: "versions", atMost: reader.remaining)) {
      var version = StoredVersion(position: LogPosition(try reader.readVarint()))
      try Self.readFlags(&reader, into: &version)
      known.append(version)
    }
    deletions = try Self.readVersions(&reader, among: known)
    let groupCount = try reader.readCount(of: "column groups", atMost: reader.remaining)
    groups.reserveCapacity(groupCount + 1)
    for _ in 0..<groupCount {
      var group = try Self.readGroup(&reader, among: known)
      if format != Self.formatByte { try Self.readPrevious(&reader, into: &group) }
      groups.append(group)
    }
    if format == Self.groupFormatByte {
      group.uses = try Self.readVersions(&reader, among: known)
      group.taking = try Self.readVersions(&reader, among: known)
      group.spared = try Self.readVersions(&reader, among: known)
    }
    try reader.expectEnd()
  }

  private static func readGroup(
    _ reader: inout FieldReader, among known: [StoredVersion]
  ) throws(DeltaDecodingError) -> Group {
    let columns = try ColumnSet(reading: &reader)
    let versions = try readVersions(&reader, among: known)
    var values: [[Value]] = []
    if try reader.readByte() != 0 {
      for _ in columns.columns {
        var ofColumn: [Value] = []
        for _ in versions { ofColumn.append(try reader.readValue()) }
        values.append(ofColumn)
      }
    }
    return Group(columns: columns, versions: versions, values: values)
  }

  private static func readPrevious(
    _ reader: inout FieldReader, into group: inout Group
  ) throws(DeltaDecodingError) {
    guard try reader.readByte() != 0 else { return }
    for _ in group.columns.columns {
      var ofColumn: [Value?] = []
      for _ in group.versions {
        ofColumn.append(try reader.readByte() == 0 ? nil : try reader.readValue())
      }
      group.previous.append(ofColumn)
    }
  }

  private static func readFlags(
    _ reader: inout FieldReader, into version: inout StoredVersion
  ) throws(DeltaDecodingError) {
    let flags = try reader.readByte()
    if flags & timeFlag != 0 { version.milliseconds = try reader.readSignedVarint() }
    if flags & baseFlag != 0 { version.base = LogPosition(try reader.readVarint()) }
    version.isInLog = flags & inLogFlag != 0
    version.isSettled = flags & settledFlag != 0
  }

  private static func readVersions(
    _ reader: inout FieldReader, among known: [StoredVersion]
  ) throws(DeltaDecodingError) -> [StoredVersion] {
    let count = try reader.readCount(of: "versions", atMost: reader.remaining)
    var versions: [StoredVersion] = []
    versions.reserveCapacity(count)
    for _ in 0..<count {
      versions.append(known[try reader.readCount(of: "versions", atMost: known.count - 1)])
    }
    return versions
  }
}
