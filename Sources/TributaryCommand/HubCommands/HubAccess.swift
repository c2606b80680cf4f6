internal import FoundationEssentials
internal import HubStore

/// Opens hubs for commands.
enum HubAccess {
  static func open(_ folder: String, undone: String) throws -> HubStore {
    guard isHub(folder) else {
      throw CommandFailure(
        .notAHub, undone: undone,
        why: FileManager.default.fileExists(atPath: folder)
          ? "\(folder) is no hub: it has no hub.db." : "There is no folder \(folder).",
        next: "Name the folder of a hub, or make one with `tributary hub init`.")
    }
    return try HubStore(folder: folder)
  }

  static func isHub(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: folder + "/hub.db")
  }
}
