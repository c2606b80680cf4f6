internal import Basics
internal import Clocks
internal import Deltas
internal import Glibc
internal import Hub
internal import HubStore
internal import Sessions
internal import Storage

/// A hub with three branches, and the requests that they make: near enough to honest ones to come
/// far, and as far from them as the input says.
final class HostileWorld {
  private static let generation = GenerationID(high: 7, low: 11)
  private let folder: String
  private(set) var store: HubStore
  private(set) var engine: HubEngine
  private(set) var now: Int64 = 1_760_000_000_000
  private var generator = SeededGenerator(seed: 1)
  /// What has been sealed, whether the hub took it or not: the beginnings of chains.
  private var sealed: [(dot: Dot, hash: ContentHash, stream: [UInt8])] = []
  private var generations = [HostileWorld.generation]
  private var positionMax: UInt64 = 0

  init() throws {
    folder = Self.freshFolder()
    guard let database = Self.database else { throw DeltaDecodingError.truncated }
    mkdir(folder, 0o700)
    mkdir(folder + "/staging", 0o700)
    Self.write(database, to: folder + "/hub.db")
    store = try HubStore(folder: folder)
    engine = HubEngine(store: store, random: { _ in [] })
    restart()
  }

  /// The database of a hub with three branches, made once.
  private static let database: [UInt8]? = try? {
    let folder = freshFolder()
    defer { remove(folder) }
    let like = try Database(path: ":memory:", mode: .create)
    try like.executeScript(
      """
      CREATE TABLE a(id INTEGER PRIMARY KEY, x TEXT, y UNIQUE);
      CREATE TABLE b(k TEXT, l, PRIMARY KEY(k, l)) WITHOUT ROWID;
      """)
    try HubStore.create(
      folder: folder, like: try SchemaReader.read(like, tables: nil), generation: generation,
      hostNames: [], wallMilliseconds: 0)
    do {
      let store = try HubStore(folder: folder)
      for number in 1...3 {
        let secret = Array("secret \(number)".utf8)
        try store.createToken(
          branch: "branch \(number)", secretHash: ContentHash(of: secret),
          expiresMilliseconds: .max, wallMilliseconds: 0)
        _ = try store.redeemToken(secret: secret, wallMilliseconds: 0)
      }
    }
    // In one file, without the one beside it.
    try Database(path: folder + "/hub.db", mode: .readWrite)
      .executeScript("PRAGMA wal_checkpoint(TRUNCATE)")
    return read(folder + "/hub.db")
  }()

  /// A name that nothing has yet, in memory where the system has a place for that.
  private static func freshFolder() -> String {
    let place = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "."
    return "\(place)/tributary-fuzz-\(getpid())-\(UInt64.random(in: 0 ... .max))"
  }

  private static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&piece, 1, piece.count, file), count > 0 {
      bytes += piece[..<count]
    }
    return bytes
  }

  private static func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "w") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
  }

  deinit { Self.remove(folder) }

  /// Removes a file, or a folder with all that is in it.
  private static func remove(_ path: String) {
    if let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { remove(path + "/" + name) }
      }
      closedir(folder)
      rmdir(path)
    } else {
      unlink(path)
    }
  }

  private func random(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }

  /// The hub begins to serve anew, from what is on its disk.
  func restart() {
    guard let opened = try? HubStore(folder: folder) else { return }
    store = opened
    try? store.startServing { [unowned self] in random($0) }
    engine = HubEngine(store: store) { [unowned self] in random($0) }
    if let generation = try? store.generation() { generations.append(generation) }
  }

  func note(_ answer: HubResponse) {
    now += 1
    if case .exchange(let response) = answer {
      positionMax = max(positionMax, response.to.rawValue)
    }
  }

  // MARK: Requests

  func request(from replica: ReplicaID, _ choices: inout InputBytes) -> HubRequest? {
    switch choices.number(below: 12) {
    case 0...4: return .exchange(exchange(replica, &choices))
    case 5: return .upload(upload(replica, &choices))
    case 6: return .handBack(handBack(&choices))
    case 7:
      return .adopt(
        AdoptRequest(
          previous: ReplicaID(UInt32(choices.number(below: 5))), confirmed: head(&choices)))
    case 8: return .fork(branch: choices.flag() ? "branch 1" : "")
    case 9: return .place
    case 10:
      return .download(
        DownloadRequest(
          generation: generation(&choices), from: position(&choices), to: position(&choices),
          offset: choices.number(below: 300), byteCount: choices.number(below: 300),
          isForAnyone: choices.flag(), isWholeState: choices.flag()))
    default:
      let message = choices.bytes(atMost: 120)
      return try? HubRequest(encoded: message + ContentHash(of: message).bytes.prefix(8))
    }
  }

  private func exchange(
    _ replica: ReplicaID, _ choices: inout InputBytes
  ) -> ExchangeRequest {
    let changesets = (0..<choices.number(below: 3)).map { _ in changeset(replica, &choices) }
    let last = sealed.last { $0.dot.replica == replica }
    return ExchangeRequest(
      schemaFingerprint: choices.number(below: 20) == 0 ? .zero : store.schema.fingerprint,
      integrated: choices.number(below: 4) == 0 ? nil : place(&choices),
      wallMilliseconds: now &+ Int64(truncatingIfNeeded: choices.magnitude()),
      changesets: changesets,
      uploaded: choices.number(below: 6) == 0 ? uploaded(replica, &choices) : nil,
      resumeTo: choices.number(below: 6) == 0 ? position(&choices) : nil,
      logHash: choices.number(below: 6) == 0 ? choices.hash() : nil, floor: position(&choices),
      sealed: choices.number(below: 3) == 0
        ? head(&choices) : ChainHead(counter: last?.dot.counter ?? 0, hash: last?.hash ?? .zero),
      noticed: UInt64(choices.number(below: 4)),
      handedTo: choices.number(below: 4) == 0 ? generation(&choices) : nil,
      wantsAll: choices.number(below: 6) == 0)
  }

  private func upload(
    _ replica: ReplicaID, _ choices: inout InputBytes
  ) -> UploadRequest {
    let stream = changeset(replica, &choices)
    let changeset = UploadedChangeset(
      counter: sealed.last?.dot.counter ?? 1, contentHash: sealed.last?.hash ?? .zero,
      byteCount: stream.count)
    let offset = choices.flag() ? 0 : choices.number(below: stream.count)
    return UploadRequest(
      changeset: changeset, offset: offset,
      bytes: Array(stream[offset...].prefix(choices.flag() ? stream.count : 40)))
  }

  private func uploaded(
    _ replica: ReplicaID, _ choices: inout InputBytes
  ) -> UploadedChangeset {
    guard !sealed.isEmpty else {
      return UploadedChangeset(counter: 1, contentHash: choices.hash(), byteCount: 100)
    }
    let chosen = sealed[choices.number(below: sealed.count)]
    return UploadedChangeset(
      counter: chosen.dot.counter, contentHash: chosen.hash, byteCount: chosen.stream.count)
  }

  private func handBack(_ choices: inout InputBytes) -> HandBackRequest {
    let entries = (0..<choices.number(below: 3)).map { _ -> HandedEntry in
      let replica = ReplicaID(UInt32(choices.number(below: 5)))
      let stream = changeset(replica, &choices)
      let also = (0..<choices.number(below: 3)).map { _ in
        EntryKnowledge.Also(since: position(&choices), position: position(&choices))
      }
      return HandedEntry(
        places: (0..<choices.number(below: 3)).map { _ in place(&choices) },
        dot: choices.flag() ? sealed.last?.dot ?? choices.dot() : choices.dot(), name: "branch",
        clockOffsetMilliseconds: Int64(truncatingIfNeeded: choices.magnitude()),
        receivedMilliseconds: Int64(truncatingIfNeeded: choices.magnitude()),
        seen: place(&choices), seenAlso: also, source: .inline(stream))
    }
    let links = (0..<choices.number(below: 3)).map { _ in
      LineageLink(
        generation: generation(&choices), parent: choices.flag() ? generation(&choices) : nil,
        fork: position(&choices))
    }
    return HandBackRequest(
      lineage: links, timeline: place(&choices), path: generation(&choices), entries: entries,
      isLast: choices.flag(),
      vector: (0..<choices.number(below: 3)).map { _ in choices.dot() })
  }

  // MARK: Parts

  /// Seals a changeset, mostly as the next of its chain.
  private func changeset(_ replica: ReplicaID, _ choices: inout InputBytes) -> [UInt8] {
    if choices.number(below: 8) == 0, !sealed.isEmpty {
      return sealed[choices.number(below: sealed.count)].stream
    }
    let last = sealed.last { $0.dot.replica == replica }
    let isNext = choices.number(below: 6) > 0
    let header = ChangesetHeader(
      dot: Dot(
        replica: choices.number(below: 12) == 0 ? ReplicaID(2) : replica,
        counter: isNext ? (last?.dot.counter ?? 0) + 1 : 1 + UInt64(choices.number(below: 4))),
      previous: isNext ? last?.hash ?? .zero : choices.flag() ? .zero : choices.hash(),
      context: place(&choices),
      timestamp: HybridTimestamp(
        milliseconds: now + Int64(choices.byte()), counter: 0, replica: replica),
      schemaFingerprint: store.schema.fingerprint, isBaseline: choices.number(below: 8) == 0)
    var writer = ChangesetWriter(header: header)
    var stream = writer.headerFrame()
    for _ in 0..<choices.number(below: 3) {
      let block = choices.number(below: 10) == 0 ? choices.block() : block(&choices)
      stream += writer.blockFrame(raw: block.raw, rowCount: block.rowCount)
    }
    let (trailer, frame) = writer.finish()
    stream += frame
    sealed.append((header.dot, trailer.contentHash, stream))
    return stream
  }

  /// Rows that fit the schema, of a few keys.
  private func block(_ choices: inout InputBytes) -> RawBlock {
    let table = store.schema.tables[choices.number(below: store.schema.tables.count)]
    let all = table.valueColumns
    var kind = [ChangeKind.insert, .insert, .update, .delete][choices.number(below: 4)]
    if all.isEmpty, kind == .update { kind = .insert }
    let one = all.isEmpty ? [] : [all[choices.number(below: all.count)]]
    let columns: [ColumnID] =
      switch kind {
      case .insert: all
      case .update: one
      case .delete: []
      }
    var builder = BlockBuilder(
      table: table.id, kind: kind, columns: columns, keyColumnCount: table.keyColumns.count)
    let first = choices.number(below: 3)
    let rowCount = 1 + choices.number(below: 2)
    for row in 0..<rowCount {
      builder.beginRow(
        milliseconds: now - Int64(choices.byte()),
        base: choices.number(below: 4) == 0 ? position(&choices) : nil)
      for index in table.keyColumns.indices {
        let number = first + row
        let key: Value =
          table.keyColumns.count == 1 || index == 1
          ? .integer(Int64(number)) : .text("k\(number)")
        key.withView { builder.appendKey($0) }
      }
      for _ in columns {
        let value: Value = choices.flag() ? .text("v\(choices.byte() % 3)") : choices.value()
        value.withView { builder.append($0) }
      }
    }
    return RawBlock(raw: builder.finish(), rowCount: rowCount)
  }

  private func generation(_ choices: inout InputBytes) -> GenerationID {
    choices.number(below: 12) == 0
      ? choices.generation() : generations[choices.number(below: generations.count)]
  }

  private func position(_ choices: inout InputBytes) -> LogPosition {
    choices.number(below: 12) == 0
      ? choices.position() : LogPosition(UInt64(choices.number(below: Int(positionMax) + 2)))
  }

  private func place(_ choices: inout InputBytes) -> CausalContext {
    // Mostly a true one: the newest generation, and how far the log goes.
    if choices.number(below: 3) > 0, let head = try? store.head(),
      let place = try? store.place(at: head)
    {
      return place
    }
    return CausalContext(generation: generation(&choices), position: position(&choices))
  }

  private func head(_ choices: inout InputBytes) -> ChainHead {
    guard !sealed.isEmpty, choices.flag() else {
      let counter = UInt64(choices.number(below: 3))
      return ChainHead(counter: counter, hash: counter == 0 ? .zero : choices.hash())
    }
    let chosen = sealed[choices.number(below: sealed.count)]
    return ChainHead(counter: chosen.dot.counter, hash: chosen.hash)
  }
}
