/// Why a backup was not made, or a hub not restored. Nothing was changed.
package enum HubBackupError: Error, Hashable, Sendable {
  /// The file that was to be written is there, and is no backup of this hub.
  case targetTaken(path: String)
  /// Another process writes the same backup right now.
  case targetInUse(path: String)
  /// The file is no backup of a hub.
  case notABackup(path: String, isHub: Bool)
  case unsupportedFormat(Int64, path: String)
  /// The backup's own bytes are not what was written.
  case backupDamaged(path: String, why: String)
  /// The copy of the hub's store is not whole, so it was not kept.
  case storeDamaged(path: String, why: String)
  case otherHub(path: String)
  /// The folder holds something that is no hub.
  case folderNotEmpty(path: String, name: String)
  case noSpace(path: String)
  case cannotWrite(path: String, why: String)
  case cannotRead(path: String, why: String)
  /// The hub's own file cannot be replaced while a process serves it.
  case damagedWhileServed(path: String)

  /// What stopped it.
  package var why: String {
    switch self {
    case .targetTaken(let path): "\(path) is there already, and is no backup of this hub."
    case .targetInUse(let path): "Another process is writing a backup to \(path) right now."
    case .notABackup(let path, let isHub):
      isHub
        ? "\(path) is a hub's store itself, without the hub's keys, and no backup."
        : "\(path) is no backup of a hub."
    case .unsupportedFormat(let format, let path):
      "\(path) has format \(format), which this build cannot read."
    case .backupDamaged(let path, let why): "\(path) is damaged: \(why)."
    case .storeDamaged(let path, let why): "The hub’s store \(path) is damaged: \(why)."
    case .otherHub(let path): "\(path) holds another hub than the one that was backed up."
    case .folderNotEmpty(let path, let name):
      "\(path) is neither empty nor a hub: it has \(name)."
    case .noSpace(let path): "There is no space left for \(path)."
    case .cannotWrite(let path, let why): "\(path) cannot be written: \(why)."
    case .cannotRead(let path, let why): "\(path) cannot be read: \(why)."
    case .damagedWhileServed(let path):
      "\(path) cannot be read as a hub’s store, and a process is serving it."
    }
  }

  /// What to do about it.
  package var next: String {
    switch self {
    case .targetTaken:
      "Name another file. A backup of the same hub is replaced; nothing else is overwritten."
    case .targetInUse: "Wait for it to finish, or name another file."
    case .notABackup(_, let isHub):
      isHub
        ? "Copy the whole folder that it lies in, or name a file that `tributary hub backup` made."
        : "Name a file that `tributary hub backup` made."
    case .unsupportedFormat: "Upgrade this program."
    case .backupDamaged: "Restore an older backup."
    case .storeDamaged:
      "Earlier backups are untouched. Run `tributary doctor` on the hub’s folder, and restore the"
        + " last backup if it says so."
    case .otherHub:
      "Restore into a folder that is new or empty, or into this hub’s own backup’s."
    case .folderNotEmpty: "Name a folder that is new, empty, or the hub’s own."
    case .noSpace: "Nothing was replaced. Make room, or name a file on another disk."
    case .cannotWrite: "Check the path, and that you may write there."
    case .cannotRead: "Check the path, and that you may read it."
    case .damagedWhileServed: "Stop `tributary hub serve`, restore again, and start it."
    }
  }
}
