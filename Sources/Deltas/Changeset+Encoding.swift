internal import Basics
internal import Clocks

extension ChangesetHeader {
  /// Canonical bytes: the payload of a changeset's first frame, and what its hash begins with.
  package var payload: [UInt8] {
    var writer = ByteWriter(reservingCapacity: 128)
    writer.writeVarint(formatVersion)
    writer.write(dot)
    writer.write(previous)
    writer.write(context)
    writer.write(timestamp)
    writer.write(schemaFingerprint)
    writer.write(isBaseline)
    if mayCount {
      writer.writeOptional(origin) { $0.write($1) }
    } else if let origin {
      writer.write(origin)
    }
    return writer.bytes
  }

  private var formatVersion: UInt64 {
    if mayCount { return FormatVersion.counted }
    return origin == nil ? FormatVersion.current : FormatVersion.rechained
  }

  package init(payload: [UInt8]) throws(DeltaDecodingError) {
    var reader = FieldReader(payload, in: "a changeset's header")
    let version = try reader.readVarint()
    guard (FormatVersion.current...FormatVersion.counted).contains(version) else {
      throw .unsupportedFormat(version)
    }
    self.init(
      dot: try reader.readDot(), previous: try reader.readHash(),
      context: try reader.readContext(), timestamp: try reader.readTimestamp(),
      schemaFingerprint: try reader.readHash(), isBaseline: try reader.readFlag())
    mayCount = version == FormatVersion.counted
    if mayCount {
      origin = try reader.readOptional { (reader) throws(DeltaDecodingError) in
        try reader.readHash()
      }
    } else if version == FormatVersion.rechained {
      origin = try reader.readHash()
    }
    try reader.expectEnd()
  }
}

extension ChangesetTrailer {
  /// Canonical bytes: the payload of a changeset's last frame.
  package var payload: [UInt8] {
    var writer = ByteWriter(reservingCapacity: 48)
    writer.writeVarint(rowCount)
    writer.writeVarint(blockCount)
    writer.write(contentHash)
    return writer.bytes
  }

  package init(payload: [UInt8]) throws(DeltaDecodingError) {
    var reader = FieldReader(payload, in: "a changeset's trailer")
    self.init(
      rowCount: try reader.readCount(of: "rows", atMost: DeltaLimits.changesetRowsMax),
      blockCount: try reader.readCount(of: "blocks", atMost: DeltaLimits.changesetRowsMax),
      contentHash: try reader.readHash())
    try reader.expectEnd()
  }
}
