internal import CCrashVFS
internal import Storage

/// The disk of one machine, in memory: SQLite files below its folder are on it.
///
/// Used by one thread at a time. Connections must be closed before it goes.
package final class SimulatedDisk {
  /// Who has a file open: a process dies with its own connections only.
  package enum Process: Int32, Sendable {
    case program
    case agent
    case reader
  }

  package struct Operations: OptionSet, Hashable, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let read = Self(rawValue: Int32(CRASH_READ.rawValue))
    package static let write = Self(rawValue: Int32(CRASH_WRITE.rawValue))
    package static let sync = Self(rawValue: Int32(CRASH_SYNC.rawValue))
    package static let truncate = Self(rawValue: Int32(CRASH_TRUNCATE.rawValue))
    package static let open = Self(rawValue: Int32(CRASH_OPEN.rawValue))
    package static let lock = Self(rawValue: Int32(CRASH_LOCK.rawValue))
    package static let delete = Self(rawValue: Int32(CRASH_DELETE.rawValue))
    package static let any = Self(rawValue: Int32(CRASH_ANY.rawValue))
  }

  package enum Effect: Hashable, Sendable {
    /// Returns an error: SQLite's code, or the one that belongs to the operation.
    case fails(code: Int32? = nil, isForEver: Bool = false)
    /// The process dies; what it wrote stays.
    case kills
    /// The machine dies; what was not synced is drawn.
    case cutsPower
  }

  /// What becomes of writes that were not synced, in thousandths; the rest is kept whole.
  package struct Survival: Hashable, Sendable {
    package var lost: Int
    package var torn: Int
    /// Whether what came after a lost write is lost, too.
    package var isInOrder: Bool

    package init(lost: Int, torn: Int = 0, isInOrder: Bool = false) {
      self.lost = lost
      self.torn = torn
      self.isInOrder = isInOrder
    }
  }

  /// Everything that a disk holds at one moment.
  package final class Image {
    fileprivate let handle: OpaquePointer
    fileprivate init(_ handle: OpaquePointer) { self.handle = handle }
    deinit { crash_image_free(handle) }

    package var byteCount: Int { Int(crash_image_byte_count(handle)) }
  }

  package let folder: String
  private let handle: OpaquePointer
  private var current = Process.program

  /// Nothing on it yet. The folder need not be there.
  package init(folder: String, seed: UInt64) throws {
    _ = Database.isConfigured
    guard crash_vfs_register() == 0, let handle = crash_disk_mount(folder, seed) else {
      throw SimulationFailure(what: "SQLite takes no other file system.")
    }
    self.folder = folder
    self.handle = handle
  }

  deinit { crash_disk_unmount(handle) }

  // MARK: What kind of disk it is

  /// Whether unsynced writes are kept apart; without, nothing can be lost and all is faster.
  package func setRecording(_ isOn: Bool) { crash_disk_set_recording(handle, isOn ? 1 : 0) }
  /// Whether it says that it has synced, and has not.
  package func setLying(_ isOn: Bool) { crash_disk_set_lying(handle, isOn ? 1 : 0) }
  /// Whether a removed file can come back until its folder is synced.
  package func setLateNames(_ isOn: Bool) { crash_disk_set_late_names(handle, isOn ? 1 : 0) }
  /// Bytes that it has room for; nil for no limit.
  package func setCapacity(_ byteCount: Int?) {
    crash_disk_set_capacity(handle, byteCount.map(Int64.init) ?? -1)
  }

  package var byteCount: Int { Int(crash_disk_byte_count(handle)) }
  package var unsyncedCount: Int { Int(crash_disk_unsynced_count(handle)) }
  package var operationCount: Int { Int(crash_disk_operation_count(handle)) }
  /// How many operations have failed, or killed somebody, because a fault was armed.
  package var faultCount: Int { Int(crash_disk_fault_count(handle)) }

  // MARK: Faults

  /// Files that are opened inside belong to a process; outside, to the program.
  package func acting<Result>(
    as process: Process, _ body: () throws -> Result
  ) rethrows -> Result {
    let before = current
    current = process
    crash_disk_set_process(handle, process.rawValue)
    defer {
      current = before
      crash_disk_set_process(handle, before.rawValue)
    }
    return try body()
  }

  /// The operation after `skipped` others of these kinds has the effect.
  package func arm(
    _ effect: Effect, at operations: Operations, of process: Process? = nil, after skipped: Int
  ) {
    var fault = crash_fault()
    fault.operations = operations.rawValue
    fault.process = process?.rawValue ?? -1
    fault.skipped = Int64(skipped)
    switch effect {
    case .fails(let code, let isForEver):
      fault.effect = Int32(CRASH_FAILS.rawValue)
      fault.code = code ?? 0
      fault.is_for_ever = isForEver ? 1 : 0
    case .kills: fault.effect = Int32(CRASH_KILLS.rawValue)
    case .cutsPower: fault.effect = Int32(CRASH_CUTS_POWER.rawValue)
    }
    crash_disk_arm(handle, &fault)
  }

  package func disarm() { crash_disk_disarm(handle) }

  package func isKilled(_ process: Process) -> Bool {
    crash_disk_is_killed(handle, process.rawValue) != 0
  }

  /// Its connections are closed before anybody else does anything.
  package func kill(_ process: Process) { crash_disk_kill(handle, process.rawValue) }
  package func revive(_ process: Process) { crash_disk_revive(handle, process.rawValue) }

  package var hasPower: Bool { crash_disk_has_power(handle) != 0 }
  package func cutPower() { crash_disk_cut_power(handle) }

  /// Makes the disk what survived, and tells how many writes did not, or not whole. Connections
  /// from before are dead for ever.
  @discardableResult
  package func restorePower(_ survival: Survival) -> Int {
    var given = crash_survival(
      lost: UInt32(survival.lost), torn: UInt32(survival.torn),
      is_in_order: survival.isInOrder ? 1 : 0)
    return Int(crash_disk_restore_power(handle, &given))
  }

  // MARK: Images

  package func image() throws -> Image {
    guard let image = crash_disk_image(handle) else {
      throw SimulationFailure(what: "There is no memory for an image of a disk.")
    }
    return Image(image)
  }

  /// Connections from before are dead for ever.
  package func put(_ image: Image) { crash_disk_put_image(handle, image.handle) }

  // MARK: Damage

  /// A file's size by its name below the folder; 0 if it is not there.
  package func byteCount(ofFile file: String) -> Int {
    Int(crash_disk_file_size(handle, file))
  }

  package func flipBit(_ bit: Int, inFile file: String) -> Bool {
    crash_disk_flip_bit(handle, file, Int64(bit)) != 0
  }

  package func clear(_ range: Range<Int>, inFile file: String) -> Bool {
    crash_disk_clear(handle, file, Int64(range.lowerBound), Int64(range.count)) != 0
  }

  package func shorten(_ file: String, to byteCount: Int) -> Bool {
    crash_disk_shorten(handle, file, Int64(byteCount)) != 0
  }

  /// A file's bytes, as far as they reach.
  package func bytes(ofFile file: String, offset: Int = 0, byteCount: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      count = Int(
        crash_disk_read(handle, file, Int64(offset), buffer.baseAddress, Int64(byteCount)))
    }
  }
}
