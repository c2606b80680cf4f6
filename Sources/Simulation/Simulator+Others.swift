internal import Basics
internal import BranchStore
internal import Clocks
internal import Deltas
internal import HubStore
internal import Storage

/// Locks of other programs, bits that turn, and a second hub.
extension Simulator {
  // MARK: Locks

  /// Another program takes a database's lock, and has it until the event is over.
  func takeLock(of path: String, on disk: SimulatedDisk, _ place: String) {
    guard lock == nil else { return }
    let isExclusive = mischief.chance(300)
    disk.acting(as: .program) {
      guard
        let other = try? Database(path: path, mode: .readWrite, busyTimeoutMilliseconds: 0),
        (try? other.executeScript(isExclusive ? "BEGIN EXCLUSIVE" : "BEGIN IMMEDIATE")) != nil
      else { return }
      lock = other
      faults.locks += 1
      trace.add(now, place, "is locked by another program")
    }
  }

  // MARK: Bits that turn

  /// Turns a bit of a value that is in a table and in nothing unsealed; then the machine starts
  /// anew, and reads it.
  func rot(_ branch: SimulatedBranch) throws {
    let file = "branch.db"
    guard branch.application != nil, branch.engine == nil, branch.disk.hasPower,
      !fullDisks.contains(branch.disk.folder), let store = branch.store
    else { return }
    // What was not sealed has no other trace than the row itself.
    SQLiteClock.set(wall(branch))
    _ = try store.seal(wallMilliseconds: wall(branch))
    guard let before = try branch.reader?.rows() else { return }
    // What is in the write-ahead log has a checksum.
    try branch.disk.acting(as: .program) {
      try Database(path: branch.path, mode: .readWrite, busyTimeoutMilliseconds: 0).executeScript(
        "PRAGMA wal_checkpoint(TRUNCATE)")
    }
    let texts = before.values.joined().compactMap { value in
      if case .text(let bytes) = value, bytes.count > 2, bytes[0] == UInt8(ascii: "w") {
        bytes
      } else {
        nil
      }
    }
    let sorted = texts.sorted { $0.lexicographicallyPrecedes($1) }
    guard let text = sorted.randomElement(using: &mischief) else { return }
    let bytes = branch.disk.bytes(
      ofFile: file, byteCount: branch.disk.byteCount(ofFile: file))
    for start in bytes.indices.dropLast(text.count) where bytes[start] == text[0] {
      guard bytes[start..<start + text.count].elementsEqual(text),
        try turn(bit: 8 * (start + 1) + 7, in: file, of: branch, before)
      else { continue }
      var turned = text
      turned[1] ^= 0x80
      rotten.insert(.text(turned))
      rottenMachines.insert(branch.machine)
      faults.bitsTurned += 1
      trace.add(now, branch.name, "has a bit turned of \(Value.text(text).shown)")
      branch.goDark()
      return schedule(.branchRestarts(branch.machine), in: 1...5_000)
    }
  }

  /// Turns a bit, and back again if that is not in any row.
  private func turn(
    bit: Int, in file: String, of branch: SimulatedBranch, _ before: Rows
  ) throws -> Bool {
    guard branch.disk.flipBit(bit, inFile: file) else { return false }
    let after = branch.disk.acting(as: .reader) {
      try? rowReader.rows(
        in: Database(path: branch.path, mode: .readWrite, busyTimeoutMilliseconds: 0))
    }
    if let after, after != before { return true }
    _ = branch.disk.flipBit(bit, inFile: file)
    return false
  }

  /// Nothing is in the log that was not written by a program.
  func checkIsWritten(_ change: RowChange) {
    for (column, value) in zip(change.columns, change.values) where rotten.contains(value) {
      guard !history.isWritten(value, to: History.Cell(key: change.key, column: column)) else {
        continue
      }
      world.complain(
        "Damage",
        "\(schema.name(column, of: change.key)) came to the hub as \(value.shown), which nobody"
          + " wrote: a bit had turned.")
    }
  }

  /// People have heard of the damage: rows are compared with the hub's, and the hub's are taken.
  func distrustRottenRows() throws {
    for machine in rottenMachines.sorted() { try branches[machine]?.store?.distrustRows() }
  }

  // MARK: A second hub

  /// The hub's disk is copied; later the copy serves, and the hub does not, and so on.
  func swapHubs() throws {
    guard let hubDisk, hubStore != nil else { return }
    let current = HubImage(
      disk: try hubDisk.image(), log: history.log, steps: hubSteps, handedPlaces: handedPlaces,
      stable: world.stable)
    guard let other = otherHub else {
      otherHub = current
      return trace.add(now, "hub", "is copied at position \(history.log.count)")
    }
    otherHub = current
    faults.hubSwaps += 1
    trace.add(now, "hub", "gives way to its twin at position \(other.log.count)")
    put(other, on: hubDisk)
  }
}
