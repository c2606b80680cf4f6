import Clocks
import Deltas
import HubStore
import Merging
import TestSupport
import Testing

/// What people decided after the backup from which their hub was restored.
@Suite struct RestoredDecisionTests {
  @Test(arguments: [false, true])
  func whatWasDecidedComesBackWhoeverMayWrite(hadHeadquarters: Bool) throws {
    let world = try World()
    let name = ColumnID(2)
    world.write(0, [.insertCustomer(1, "Ada", "", 1, at: world.now)])
    try world.settle()
    if hadHeadquarters {
      try world.store.registerHeadquarters(wallMilliseconds: TestHub.now)
    }
    let policy = TablePolicy(authorities: [name: .only([ReplicaID(1)])])
    _ = try world.store.publish(
      try MergePolicy(tables: [SampleSchema.customer: policy]), source: "",
      wallMilliseconds: TestHub.now)
    let backup = try world.backUp()
    world.write(1, [.update(.customer(1), [2: .text("Bob")], at: world.now + 1)])
    try world.settle()
    let id = try #require(try world.store.conflicts(openOnly: false).first).id
    try world.store.decide(
      [id], .branch("branch 2"), person: "", wallMilliseconds: TestHub.now)
    try world.settle()
    try world.learnNames()
    #expect(try world.expectLevel()[.customer(1)]?[name] == .text("Bob"))
    try world.restore(backup)
    try world.settle()
    #expect(try world.expectLevel()[.customer(1)]?[name] == .text("Bob"))
    // The ledger has it as the backup would have had it.
    #expect(try world.store.conflicts(openOnly: false).map(\.state) == [.refused])
    #expect(throws: HubStoreError.notDecided(.nothingToUndo(1))) {
      try world.store.undoDecisions([1], person: "", wallMilliseconds: TestHub.now)
    }
  }
}
