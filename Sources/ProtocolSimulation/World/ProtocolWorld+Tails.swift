internal import Clocks
internal import Deltas

/// What branches keep until a backup has it, and whether it came back.
extension ProtocolWorld {
  /// After an answer: what was dropped, and whether what is left can be named.
  func checkTail(_ device: Int, before: ModelBranch, _ answer: ModelAnswer) {
    let isHanded = devices[device].handedTo != before.handedTo
    if isOnHanded(device, devices[device].place), isHanded || !isOnHanded(device, before.place) {
      devices[device].lacksPlaces = false
    }
    guard devices[device].place != before.place else { return }
    if case .exchanged(let response) = answer, response.whole != nil,
      before.handedTo != hub.generation
    {
      devices[device].lacksPlaces = true
    }
    checkDropped(device, before.tail)
    checkNamed(device)
  }

  /// Whether a place lies behind the hub to which a branch has handed back all: it was told the
  /// places on that path.
  private func isOnHanded(_ device: Int, _ place: CausalContext) -> Bool {
    hub.lineage.path(to: place.generation).contains {
      $0.generation == devices[device].handedTo
    }
  }

  /// Only what the hub would have again if it were put back now is dropped, and only if it had the
  /// names by which what is to be sent yet refers to it.
  private func checkDropped(_ device: Int, _ before: [ModelTailEntry]) {
    guard options.unbackedMax == 1000 else { return }
    let kept = Set(devices[device].tail.map(\.changeset.hash))
    for entry in before where !kept.contains(entry.changeset.hash) {
      let hash = entry.changeset.hash
      guard let backup = truth.lastBackup,
        let position = backup.byHash[hash] ?? backup.byHash[entry.changeset.origin]
      else {
        return fail(.tails, "Device \(device) dropped \(entry.dot), which no backup has.")
      }
      for place in entry.places {
        let name = hub.lineage.canonical(place)
        guard !hub.lineage.includes(name, in: backup.headPlace), backup.places[name] != position,
          devices[device].outbox.contains(where: { hub.lineage.includes(name, in: $0.context) })
        else { continue }
        return fail(
          .tails,
          "Device \(device) dropped \(entry.dot) at \(describe(name)), a name that no backup has.")
      }
    }
  }

  /// What the log has is kept with its place there.
  private func checkNamed(_ device: Int) {
    let branch = devices[device]
    guard hub.lineage.includes(branch.place, in: hub.headPlace),
      !branch.lacksPlaces
    else { return }
    for entry in branch.tail {
      guard let position = hub.byHash[entry.changeset.hash], position <= branch.place.position,
        hub.entry(position).changeset.hash == entry.changeset.hash,
        branch.position(of: entry) != position
      else { continue }
      return fail(
        .tails,
        "Device \(device) at \(describe(branch.place)) keeps \(entry.dot) without its place "
          + "\(position).")
    }
  }

  /// In the end: what was kept to be handed back is in the log.
  func checkHandedBack(_ device: Int) {
    for entry in devices[device].tail {
      guard hub.byHash[entry.changeset.hash] == nil, hub.byHash[entry.changeset.origin] == nil
      else { continue }
      return fail(.tails, "Device \(device) keeps \(entry.dot), which the log has not.")
    }
  }
}
