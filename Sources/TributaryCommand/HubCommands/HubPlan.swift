internal import Clocks
internal import Deltas
internal import FoundationEssentials
internal import HubStore
internal import Storage
internal import Transport

/// What a new hub will track, read before anything is made.
struct HubPlan {
  let folder: String
  let database: String
  let schema: Schema
  /// Tables without a primary key, where none were named.
  let skipped: [SchemaReader.SkippedTable]
  let undone: String
  private let generation: GenerationID

  init(folder: String, database path: String, tables: [String]?, undone: String) throws {
    self.folder = folder
    self.undone = undone
    database = path
    guard FileManager.default.fileExists(atPath: path) else {
      throw CommandFailure(
        .cannotOpen, undone: undone, why: "There is no file \(path).",
        next: "Name the SQLite database whose tables the hub shall have.")
    }
    let found = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    guard found.isEmpty else {
      throw CommandFailure(
        .alreadyExists, undone: undone,
        why: found.contains("hub.db")
          ? "\(folder) holds a hub already." : "\(folder) is not empty.",
        next: "Name a folder that is new or empty.")
    }
    let database = try Database(path: path, mode: .readOnly)
    schema = try SchemaReader.read(database, tables: tables)
    skipped = tables == nil ? try SchemaReader.skippedTables(in: database) : []
    var generator = SystemRandomNumberGenerator()
    generation = GenerationID(high: generator.next(), low: generator.next())
  }

  /// Makes the store, the authority and the server certificate, or leaves nothing behind.
  func make(hostNames: [String], wallMilliseconds: Int64) throws {
    let existed = FileManager.default.fileExists(atPath: folder)
    do {
      try HubStore.create(
        folder: folder, like: schema, generation: generation, hostNames: hostNames,
        wallMilliseconds: wallMilliseconds)
      _ = try HubCredentials.make(
        folder: HubCredentials.folder(ofHub: folder), generation: generation,
        hostNames: hostNames, wallMilliseconds: wallMilliseconds)
    } catch {
      let made = existed ? (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] : []
      for name in made { try? FileManager.default.removeItem(atPath: folder + "/" + name) }
      if !existed { try? FileManager.default.removeItem(atPath: folder) }
      if case .requestRefused(let why)? = error as? CredentialError {
        throw CommandFailure(
          .badHostName, undone: undone, why: CommandFailure.sentence(why),
          next: "Correct the names given with --host.")
      }
      throw error
    }
  }

  var json: JSONValue {
    [
      "folder": .string(folder), "generation": .string(generation.description),
      "tables": .array(schema.tables.map { .string($0.name) }),
      "skipped": .array(
        skipped.map { ["table": .string($0.name), "why": .string($0.why)] }),
    ]
  }

  var lines: [String] {
    let names = schema.tables.map(\.name).joined(separator: ", ")
    return [
      "Made a hub in \(folder) for \(NumberText.counted(schema.tables.count, "table")): \(names)."
    ]
      + skipped.map { "Left out \($0.name): \($0.why)." }
      + ["Next: tributary hub serve \(folder)"]
  }
}
