internal import Basics
internal import Clocks
package import Deltas

extension HubRequest {
  /// Canonical bytes: protocol version, message type, fields, checksum.
  package var encoded: [UInt8] {
    switch self {
    case .exchange(let request): return request.encoded
    case .upload(let request):
      var writer = ByteWriter(.upload)
      writer.write(request.changeset)
      writer.writeVarint(request.offset)
      writer.writeLengthPrefixed(request.bytes)
      return writer.message
    case .download(let request):
      var writer = ByteWriter(.download)
      writer.write(request.generation)
      writer.write(request.from)
      writer.write(request.to)
      writer.writeVarint(request.offset)
      writer.writeVarint(request.byteCount)
      writer.write(request.isForAnyone)
      writer.write(request.isWholeState)
      return writer.message
    case .compare(let request):
      var writer = ByteWriter(request.columns.isEmpty ? .compare : .compareColumns)
      writer.write(request.table)
      if !request.columns.isEmpty { writer.writeList(request.columns) { $0.write($1) } }
      writer.writeVarint(request.bits)
      writer.writeList(request.buckets) { $0.writeVarint(UInt64($1)) }
      return writer.message
    case .fetchRows(let request):
      var writer = ByteWriter(.fetchRows)
      writer.write(request.table)
      writer.writeList(request.keys) { $0.writeLengthPrefixed($1) }
      return writer.message
    case .explain(let request):
      var writer = ByteWriter(.explain)
      writer.write(request.table)
      writer.writeLengthPrefixed(request.key)
      return writer.message
    case .trace(let request):
      var writer = ByteWriter(.trace)
      writer.write(request.table)
      writer.writeLengthPrefixed(request.key)
      writer.writeVarint(request.counter)
      return writer.message
    case .awaitNews(let position):
      var writer = ByteWriter(.awaitNews)
      writer.write(position)
      return writer.message
    case .describe: return ByteWriter(.describe).message
    case .place: return ByteWriter(.place).message
    case .handBack(let request):
      var writer = ByteWriter(.handBack)
      writer.write(request)
      return writer.message
    case .fork(let branch):
      var writer = ByteWriter(.fork)
      writer.writeLengthPrefixed(branch)
      return writer.message
    case .adopt(let request):
      var writer = ByteWriter(.adopt)
      writer.write(request)
      return writer.message
    case .policy: return ByteWriter(.policy).message
    case .schema(let schema):
      var writer = ByteWriter(.schema)
      writer.writeLengthPrefixed(schema.encoded)
      return writer.message
    }
  }

  /// Reads what `encoded` writes, and nothing else.
  package init(encoded: [UInt8]) throws(DeltaDecodingError) {
    var (reader, type, version) = try FieldReader.message(encoded, in: "a request")
    switch type {
    case .exchange: self = .exchange(try ExchangeRequest(from: &reader, version: version))
    case .upload: self = .upload(try UploadRequest(from: &reader))
    case .download: self = .download(try DownloadRequest(from: &reader, version: version))
    case .compare: self = .compare(try CompareRequest(from: &reader))
    case .compareColumns:
      self = .compare(try CompareRequest(from: &reader, hasColumns: true))
    case .fetchRows: self = .fetchRows(try FetchRowsRequest(from: &reader))
    case .explain:
      self = .explain(
        ExplainRequest(table: try reader.readTable(), key: try reader.readEncodedKey()))
    case .trace:
      self = .trace(
        TraceRequest(
          table: try reader.readTable(), key: try reader.readEncodedKey(),
          counter: try reader.readOrdinal("counter", orZero: true)))
    case .awaitNews: self = .awaitNews(after: try reader.readPosition())
    case .describe: self = .describe
    case .place: self = .place
    case .handBack: self = .handBack(try HandBackRequest(from: &reader))
    case .fork:
      self = .fork(
        branch: try reader.readText(of: "branch's name", atMost: DeltaLimits.nameBytesMax))
    case .adopt: self = .adopt(try AdoptRequest(from: &reader))
    case .policy: self = .policy
    case .schema: self = .schema(try reader.readSchema())
    default: throw reader.error("is of a type that the hub does not answer")
    }
    try reader.expectEnd()
  }
}

extension ByteWriter {
  mutating func write(_ changeset: UploadedChangeset) {
    writeVarint(changeset.counter)
    write(changeset.contentHash)
    writeVarint(changeset.byteCount)
  }
}

extension FieldReader {
  mutating func readSchema() throws(DeltaDecodingError) -> Schema {
    try Schema(encoded: try readBytes(of: "schema", atMost: DeltaLimits.schemaBytesMax))
  }

  mutating func readUploadedChangeset() throws(DeltaDecodingError) -> UploadedChangeset {
    UploadedChangeset(
      counter: try readCounter(), contentHash: try readHash(),
      byteCount: try readByteCount(atMost: SessionLimits.changesetBytesMax))
  }
}

extension ExchangeRequest {
  fileprivate var encoded: [UInt8] {
    var writer = ByteWriter(.exchange)
    writer.write(schemaFingerprint)
    writer.writeOptional(integrated) { $0.write($1) }
    writer.writeSignedVarint(wallMilliseconds)
    writer.writeList(changesets) { $0.writeLengthPrefixed($1) }
    writer.writeOptional(uploaded) { $0.write($1) }
    writer.writeOptional(resumeTo) { $0.write($1) }
    writer.writeOptional(logHash) { $0.write($1) }
    writer.write(floor)
    writer.write(sealed)
    writer.writeVarint(noticed)
    writer.writeOptional(handedTo) { $0.write($1) }
    writer.write(wantsAll)
    return writer.message
  }

  fileprivate init(
    from reader: inout FieldReader, version: UInt64
  ) throws(DeltaDecodingError) {
    self.init(
      schemaFingerprint: try reader.readHash(),
      integrated: try reader.readOptional { (reader) throws(DeltaDecodingError) in
        try reader.readContext()
      },
      wallMilliseconds: try reader.readSignedVarint(),
      changesets: try reader.readList(
        of: "changesets", atMost: SessionLimits.changesetsPerExchangeMax
      ) { (reader) throws(DeltaDecodingError) in
        try reader.readBytes(of: "changeset", atMost: SessionLimits.inlineBytesMax)
      },
      uploaded: try reader.readOptional { (reader) throws(DeltaDecodingError) in
        try reader.readUploadedChangeset()
      },
      resumeTo: try reader.readOptional { (reader) throws(DeltaDecodingError) in
        try reader.readPosition()
      })
    guard version > 1 else { return }
    logHash = try reader.readOptional { (reader) throws(DeltaDecodingError) in
      try reader.readHash()
    }
    floor = try reader.readPosition()
    sealed = try reader.readChainHead()
    noticed = try reader.readOrdinal("number of a notice", orZero: true)
    handedTo = try reader.readOptional { (reader) throws(DeltaDecodingError) in
      try reader.readGeneration()
    }
    wantsAll = try reader.readFlag()
  }
}

extension UploadRequest {
  fileprivate init(from reader: inout FieldReader) throws(DeltaDecodingError) {
    self.init(
      changeset: try reader.readUploadedChangeset(),
      offset: try reader.readByteCount(atMost: SessionLimits.changesetBytesMax),
      bytes: try reader.readBytes(of: "piece", atMost: SessionLimits.pieceBytesMax))
    guard offset + bytes.count <= changeset.byteCount else {
      throw reader.error("has a piece that goes beyond its changeset")
    }
  }
}

extension DownloadRequest {
  fileprivate init(
    from reader: inout FieldReader, version: UInt64
  ) throws(DeltaDecodingError) {
    self.init(
      generation: try reader.readGeneration(), from: try reader.readPosition(),
      to: try reader.readPosition(),
      offset: try reader.readByteCount(atMost: SessionLimits.deltaBytesMax),
      byteCount: try reader.readByteCount(atMost: SessionLimits.pieceBytesMax))
    guard version > 1 else { return }
    isForAnyone = try reader.readFlag()
    isWholeState = try reader.readFlag()
  }
}

extension CompareRequest {
  fileprivate init(
    from reader: inout FieldReader, hasColumns: Bool = false
  ) throws(DeltaDecodingError) {
    let table = try reader.readTable()
    var columns: [ColumnID] = []
    if hasColumns {
      columns = try reader.readList(
        of: "columns", atMost: DeltaLimits.columnsMax
      ) { (reader) throws(DeltaDecodingError) in try reader.readColumn() }
      guard !columns.isEmpty else { throw reader.error("compares no columns") }
    }
    let bits = try reader.readCount(of: "bits", atMost: SessionLimits.compareBitsMax)
    let buckets = try reader.readList(
      of: "buckets", atMost: SessionLimits.compareBucketsMax
    ) { (reader) throws(DeltaDecodingError) in
      UInt32(try reader.readCount(of: "buckets", atMost: 1 << bits - 1))
    }
    self.init(table: table, columns: columns, bits: bits, buckets: buckets)
  }
}

extension FetchRowsRequest {
  fileprivate init(from reader: inout FieldReader) throws(DeltaDecodingError) {
    self.init(
      table: try reader.readTable(),
      keys: try reader.readList(
        of: "keys", atMost: SessionLimits.fetchRowsMax
      ) { (reader) throws(DeltaDecodingError) in try reader.readEncodedKey() })
  }
}
