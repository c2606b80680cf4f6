internal import Basics
internal import Clocks
package import Deltas

extension HubResponse {
  /// Canonical bytes: protocol version, message type, fields, checksum.
  package var encoded: [UInt8] {
    switch self {
    case .exchange(let response): return response.encoded
    case .uploaded(let byteCount):
      var writer = ByteWriter(.uploaded)
      writer.writeVarint(byteCount)
      return writer.message
    case .download(let response):
      var writer = ByteWriter(.downloaded)
      writer.writeVarint(response.offset)
      writer.writeVarint(response.deltaByteCount)
      writer.writeLengthPrefixed(response.bytes)
      return writer.message
    case .compare(let response): return response.encoded
    case .rows(let response): return response.encoded
    case .explanation(let response): return response.encoded
    case .trace(let response): return response.encoded
    case .news(let generation, let head):
      var writer = ByteWriter(.news)
      writer.write(generation)
      writer.write(head)
      return writer.message
    case .description(let description): return description.encoded
    case .path(let response):
      var writer = ByteWriter(.path)
      writer.writeList(response.steps) { $0.write($1) }
      writer.write(response.head)
      writer.write(response.isAmbiguous)
      return writer.message
    case .handedBack(let response):
      var writer = ByteWriter(.handedBack)
      writer.write(response.place)
      writer.writeList(response.positions) { $0.write($1) }
      writer.writeVarint(response.lossCount)
      return writer.message
    case .forkOffer(let offer):
      var writer = ByteWriter(.forkOffer)
      writer.writeLengthPrefixed(offer.secret)
      writer.writeLengthPrefixed(offer.name)
      return writer.message
    case .adopted(let parentHash):
      var writer = ByteWriter(.adopted)
      writer.write(parentHash)
      return writer.message
    case .policy(let response):
      var writer = ByteWriter(.policyInForce)
      writer.writeVarint(response.version)
      writer.writeLengthPrefixed(response.encoded)
      return writer.message
    case .schema(let schema):
      var writer = ByteWriter(.schemaInForce)
      writer.writeLengthPrefixed(schema.encoded)
      return writer.message
    case .refused(let refusal): return refusal.encoded
    }
  }

  /// Reads what `encoded` writes, and nothing else.
  package init(encoded: [UInt8]) throws(DeltaDecodingError) {
    var (reader, type, version) = try FieldReader.message(encoded, in: "an answer")
    switch type {
    case .exchanged: self = .exchange(try ExchangeResponse(from: &reader, version: version))
    case .uploaded:
      self = .uploaded(
        byteCount: try reader.readByteCount(atMost: SessionLimits.changesetBytesMax))
    case .downloaded: self = .download(try DownloadResponse(from: &reader))
    case .compared: self = .compare(try CompareResponse(from: &reader))
    case .rows: self = .rows(try FetchRowsResponse(from: &reader))
    case .explanation:
      self = .explanation(try ExplainResponse(from: &reader, version: version))
    case .traced: self = .trace(try TraceResponse(from: &reader))
    case .news:
      self = .news(generation: try reader.readGeneration(), head: try reader.readPosition())
    case .description: self = .description(try HubDescription(from: &reader))
    case .path: self = .path(try PathResponse(from: &reader))
    case .handedBack:
      self = .handedBack(
        HandBackResponse(
          place: try reader.readContext(),
          positions: try reader.readList(
            of: "positions", atMost: SessionLimits.handedEntriesMax
          ) { (reader) throws(DeltaDecodingError) in try reader.readPosition() },
          lossCount: try reader.readOrdinal("number of losses", orZero: true)))
    case .forkOffer: self = .forkOffer(try ForkOffer(from: &reader))
    case .adopted:
      self = .adopted(parentHash: try reader.readHash())
    case .policyInForce:
      self = .policy(
        PolicyResponse(
          version: try reader.readOrdinal("version of a policy", orZero: true),
          encoded: try reader.readBytes(
            of: "merge policy", atMost: SessionLimits.policyBytesMax)))
    case .schemaInForce: self = .schema(try reader.readSchema())
    case .refused: self = .refused(try Refusal(from: &reader, version: version))
    default: throw reader.error("is of a type that no hub answers with")
    }
    try reader.expectEnd()
  }
}

extension ByteWriter {
  fileprivate mutating func write(_ names: [ReplicaName]) {
    writeList(names) { writer, name in
      writer.write(name.replica)
      writer.writeLengthPrefixed(name.name)
    }
  }
}

extension FieldReader {
  fileprivate mutating func readNames() throws(DeltaDecodingError) -> [ReplicaName] {
    try readList(
      of: "names", atMost: DeltaLimits.replicasMax
    ) { (reader) throws(DeltaDecodingError) in
      ReplicaName(
        replica: try reader.readReplica(),
        name: try reader.readText(of: "branch's name", atMost: DeltaLimits.nameBytesMax))
    }
  }
}

extension ExchangeResponse {
  fileprivate var encoded: [UInt8] {
    var writer = ByteWriter(.exchanged)
    writer.writeList(accepted) { writer, changeset in
      writer.writeVarint(changeset.counter)
      writer.write(changeset.contentHash)
      writer.write(changeset.position)
      writer.writeSignedVarint(changeset.clockOffsetMilliseconds)
      writer.writeSignedVarint(changeset.receivedMilliseconds)
    }
    writer.write(generation)
    writer.write(from)
    writer.write(to)
    writer.writeVarint(deltaByteCount)
    writer.writeLengthPrefixed(deltaBytes)
    writer.writeList(vectorDifference) { $0.write($1) }
    writer.write(names)
    writer.writeSignedVarint(clockOffsetMilliseconds)
    writer.write(timestamp)
    writer.write(isForAnyone)
    writer.write(isWholeState)
    writer.write(logHash)
    writer.write(durable)
    writer.writeVarint(backupNumber)
    writer.writeVarint(lossCount)
    writer.writeList(lineage) { $0.write($1) }
    writer.writeList(notices) { writer, notice in
      writer.writeVarint(notice.number)
      writer.writeSignedVarint(notice.milliseconds)
      writer.writeLengthPrefixed(notice.text)
    }
    writer.writeOptional(policy) { writer, policy in
      writer.writeVarint(policy.version)
      writer.write(policy.contentHash)
    }
    return writer.message
  }

  fileprivate init(
    from reader: inout FieldReader, version: UInt64
  ) throws(DeltaDecodingError) {
    self.init(
      accepted: try reader.readList(
        of: "accepted changesets", atMost: SessionLimits.changesetsPerExchangeMax + 1
      ) { (reader) throws(DeltaDecodingError) in
        AcceptedChangeset(
          counter: try reader.readCounter(), contentHash: try reader.readHash(),
          position: try reader.readPosition(),
          clockOffsetMilliseconds: version > 1 ? try reader.readSignedVarint() : 0,
          receivedMilliseconds: version > 1 ? try reader.readSignedVarint() : 0)
      },
      generation: try reader.readGeneration(), from: try reader.readPosition(),
      to: try reader.readPosition(),
      deltaByteCount: try reader.readByteCount(atMost: SessionLimits.deltaBytesMax),
      deltaBytes: try reader.readBytes(of: "piece", atMost: SessionLimits.pieceBytesMax),
      vectorDifference: try reader.readList(
        of: "replicas", atMost: DeltaLimits.replicasMax
      ) { (reader) throws(DeltaDecodingError) in try reader.readDot() },
      names: try reader.readNames(), clockOffsetMilliseconds: try reader.readSignedVarint(),
      timestamp: try reader.readTimestamp())
    guard deltaBytes.count <= deltaByteCount else {
      throw reader.error("has more of a delta than there is")
    }
    guard version > 1 else { return }
    isForAnyone = try reader.readFlag()
    isWholeState = try reader.readFlag()
    logHash = try reader.readHash()
    durable = try reader.readPosition()
    backupNumber = try reader.readOrdinal("number of backups", orZero: true)
    lossCount = try reader.readOrdinal("number of losses", orZero: true)
    lineage = try reader.readSteps()
    notices = try reader.readList(
      of: "notices", atMost: SessionLimits.noticesMax
    ) { (reader) throws(DeltaDecodingError) in
      Notice(
        number: try reader.readOrdinal("number of a notice", orZero: false),
        milliseconds: try reader.readSignedVarint(),
        text: try reader.readText(of: "notice", atMost: SessionLimits.messageTextBytesMax))
    }
    guard version > 2 else { return }
    policy = try reader.readOptional { (reader) throws(DeltaDecodingError) in
      PolicyMark(
        version: try reader.readOrdinal("version of a policy", orZero: true),
        contentHash: try reader.readHash())
    }
  }
}

extension DownloadResponse {
  fileprivate init(from reader: inout FieldReader) throws(DeltaDecodingError) {
    self.init(
      offset: try reader.readByteCount(atMost: SessionLimits.deltaBytesMax),
      deltaByteCount: try reader.readByteCount(atMost: SessionLimits.deltaBytesMax),
      bytes: try reader.readBytes(of: "piece", atMost: SessionLimits.pieceBytesMax))
    guard offset + bytes.count <= deltaByteCount else {
      throw reader.error("has a piece that goes beyond its delta")
    }
  }
}

extension CompareResponse {
  fileprivate var encoded: [UInt8] {
    var writer = ByteWriter(.compared)
    writer.write(position)
    writer.writeList(buckets) { $0.write($1) }
    writer.writeList(rows) { writer, row in
      writer.writeLengthPrefixed(row.key)
      writer.write(row.digest)
    }
    return writer.message
  }

  fileprivate init(from reader: inout FieldReader) throws(DeltaDecodingError) {
    self.init(
      position: try reader.readPosition(),
      buckets: try reader.readList(
        of: "buckets", atMost: SessionLimits.compareBucketsMax
      ) { (reader) throws(DeltaDecodingError) in try reader.readStateDigest() },
      rows: try reader.readList(
        of: "rows", atMost: SessionLimits.compareRowsMax
      ) { (reader) throws(DeltaDecodingError) in
        KeyedDigest(key: try reader.readEncodedKey(), digest: try reader.readRowDigest())
      })
  }
}

extension FetchRowsResponse {
  fileprivate var encoded: [UInt8] {
    var writer = ByteWriter(.rows)
    writer.writeList(rows) { writer, row in
      writer.writeOptional(row) { $0.writeList($1) { $0.write($1) } }
    }
    return writer.message
  }

  fileprivate init(from reader: inout FieldReader) throws(DeltaDecodingError) {
    self.init(
      rows: try reader.readList(
        of: "rows", atMost: SessionLimits.fetchRowsMax
      ) { (reader) throws(DeltaDecodingError) in
        try reader.readOptional { (reader) throws(DeltaDecodingError) in
          try reader.readList(
            of: "columns", atMost: DeltaLimits.columnsMax
          ) { (reader) throws(DeltaDecodingError) in try reader.readValue() }
        }
      })
  }
}

extension ExplainResponse {
  fileprivate var encoded: [UInt8] {
    var writer = ByteWriter(.explanation)
    writer.write(exists)
    writer.writeList(cells) { writer, cell in
      writer.writeOptional(cell.column) { $0.write($1) }
      writer.write(cell.dot)
      writer.writeLengthPrefixed(cell.branch)
      writer.write(cell.position)
      writer.writeOptional(cell.milliseconds) { $0.writeSignedVarint($1) }
      writer.writeSignedVarint(cell.receivedMilliseconds)
      writer.writeOptional(cell.value) { $0.write($1) }
    }
    writer.writeList(conflicts) { $0.write($1) }
    writer.write(names)
    return writer.message
  }

  fileprivate init(
    from reader: inout FieldReader, version: UInt64
  ) throws(DeltaDecodingError) {
    self.init(
      exists: try reader.readFlag(),
      cells: try reader.readList(
        of: "cells", atMost: SessionLimits.explainCellsMax
      ) { (reader) throws(DeltaDecodingError) in try CellProvenance(from: &reader) },
      conflicts: try reader.readList(
        of: "conflicts", atMost: SessionLimits.explainConflictsMax
      ) { (reader) throws(DeltaDecodingError) in
        version > 2 ? try reader.readConflict() : try reader.readFormerConflict()
      },
      names: try reader.readNames())
  }
}

extension TraceResponse {
  fileprivate var encoded: [UInt8] {
    var writer = ByteWriter(.traced)
    for arrival in [changeset, last] {
      writer.writeOptional(arrival) { writer, arrival in
        writer.write(arrival.position)
        writer.writeSignedVarint(arrival.receivedMilliseconds)
      }
    }
    writer.writeList(branches) { writer, branch in
      writer.writeLengthPrefixed(branch.name)
      writer.write(branch.acknowledged)
      writer.writeOptional(branch.lastContactMilliseconds) { $0.writeSignedVarint($1) }
    }
    return writer.message
  }

  fileprivate init(from reader: inout FieldReader) throws(DeltaDecodingError) {
    func arrival(_ reader: inout FieldReader) throws(DeltaDecodingError) -> Arrival? {
      try reader.readOptional { (reader) throws(DeltaDecodingError) in
        Arrival(
          position: try reader.readPosition(),
          receivedMilliseconds: try reader.readSignedVarint())
      }
    }
    self.init(
      changeset: try arrival(&reader), last: try arrival(&reader),
      branches: try reader.readList(
        of: "branches", atMost: DeltaLimits.replicasMax
      ) { (reader) throws(DeltaDecodingError) in
        Branch(
          name: try reader.readText(of: "branch's name", atMost: DeltaLimits.nameBytesMax),
          acknowledged: try reader.readPosition(),
          lastContactMilliseconds: try reader.readOptional {
            (reader) throws(DeltaDecodingError) in try reader.readSignedVarint()
          })
      })
  }
}

extension CellProvenance {
  fileprivate init(from reader: inout FieldReader) throws(DeltaDecodingError) {
    self.init(
      column: try reader.readOptional { (reader) throws(DeltaDecodingError) in
        try reader.readColumn()
      },
      dot: try reader.readDot(),
      branch: try reader.readText(of: "branch's name", atMost: DeltaLimits.nameBytesMax),
      position: try reader.readPosition(),
      milliseconds: try reader.readOptional { (reader) throws(DeltaDecodingError) in
        try reader.readSignedVarint()
      },
      receivedMilliseconds: try reader.readSignedVarint(),
      value: try reader.readOptional { (reader) throws(DeltaDecodingError) in
        try reader.readValue()
      })
  }
}

extension HubDescription {
  fileprivate var encoded: [UInt8] {
    var writer = ByteWriter(.description)
    writer.write(generation)
    writer.write(head)
    writer.writeLengthPrefixed(schema.encoded)
    writer.write(names)
    return writer.message
  }

  fileprivate init(from reader: inout FieldReader) throws(DeltaDecodingError) {
    self.init(
      generation: try reader.readGeneration(), head: try reader.readPosition(),
      schema: try Schema(
        encoded: try reader.readBytes(of: "schema", atMost: DeltaLimits.schemaBytesMax)),
      names: try reader.readNames())
  }
}

extension Refusal {
  fileprivate var encoded: [UInt8] {
    var writer = ByteWriter(.refused)
    writer.writeVarint(UInt64(code.rawValue))
    writer.writeLengthPrefixed(Self.clipped(message))
    writer.writeOptional(salvage) { writer, salvage in
      writer.writeVarint(salvage.counter)
      writer.writeVarint(salvage.changesetCount)
    }
    return writer.message
  }

  fileprivate init(
    from reader: inout FieldReader, version: UInt64
  ) throws(DeltaDecodingError) {
    let number = try reader.readVarint()
    guard let code = UInt16(exactly: number).flatMap(RefusalCode.init(rawValue:)) else {
      throw reader.error("refuses with the unknown code \(number)")
    }
    self.init(
      code: code,
      message: try reader.readText(of: "message", atMost: SessionLimits.messageTextBytesMax))
    guard version > 1 else { return }
    salvage = try reader.readOptional { (reader) throws(DeltaDecodingError) in
      Salvage(
        counter: try reader.readOrdinal("counter", orZero: true),
        changesetCount: try reader.readOrdinal("number of changesets", orZero: true))
    }
  }

  /// A message beyond the limit loses its end, at a whole character.
  private static func clipped(_ message: String) -> String {
    guard message.utf8.count > SessionLimits.messageTextBytesMax else { return message }
    var clipped = ""
    for scalar in message.unicodeScalars {
      guard clipped.utf8.count + UTF8.width(scalar) <= SessionLimits.messageTextBytesMax
      else { break }
      clipped.unicodeScalars.append(scalar)
    }
    return clipped
  }
}
