internal import HubServer

/// What the demo does and says, act by act.
struct DemoStory {
  let world: DemoWorld
  let narrator: DemoNarrator

  /// Between two edits, so that their times differ as people's do.
  private static let pauseMilliseconds: Int64 = 20

  func tell() async throws {
    narrator.title("Tributary: one hub, three branches, real files, real HTTPS")
    narrator.paragraph("Folder: \(world.folder)")
    try everybodyJoins()
    try await workWithoutNetwork()
    try everybodySyncs()
    try whatBecameOfIt()
    try oneSharedState()
    try nothingWasLost()
    try theEnd()
  }

  private func everybodyJoins() throws {
    narrator.heading(1, "Everybody joins")
    narrator.paragraph(
      """
      A small bank. 南山支行 has kept its customers in an SQLite file for years: 48 customers and \
      16 contacts, in a file like any other. Headquarters makes a hub for the same tables and \
      starts it.
      """)
    try DemoBranch.makeDatabase(path: world.path(DemoBranch.nanshan.file))
    narrator.blank()
    try world.run(["hub", "init", "hub", "--like", DemoBranch.nanshan.file])
    try world.serveHub()
    narrator.blank()
    narrator.paragraph(
      """
      Each branch is invited with a one-time token. 南山支行 brings what it has; the other two \
      begin with nothing and receive everything.
      """)
    for branch in DemoBranch.all {
      narrator.blank()
      let invitation = ["hub", "invite", "hub", "--branch", branch.name]
      narrator.command(invitation)
      let token = try world.run(invitation, isShown: false)
      narrator.output(token.prefix(40) + "…\n")
      try world.run(["join", branch.file, String(token.dropLast())])
    }
  }

  private func workWithoutNetwork() async throws {
    narrator.heading(2, "The network is gone, and work goes on")
    narrator.paragraph(
      """
      We stop the hub: for the rest of the day nobody reaches it. Every branch writes into its \
      own file with plain SQL, as its programs always did; they know nothing of Tributary.
      """)
    try world.stopHub()
    narrator.blank()
    var table = TextTable([.init("Where"), .init("What")])
    for edit in DemoEdit.all {
      try edit.branch.write(edit.sql, in: world.folder)
      table.append([edit.branch.name, edit.words])
      try await pause()
    }
    narrator.table(table)
    narrator.blank()
    try world.run(["sync", DemoBranch.field.file], statuses: [.unreachable])
    narrator.blank()
    try world.run(["status", DemoBranch.field.file])
  }

  private func everybodySyncs() throws {
    narrator.heading(3, "The network is back, and everybody syncs")
    narrator.paragraph(
      """
      The hub is back at the same address. The branches sync in any order; the first two once \
      more at the end, to hear what came after them.
      """)
    narrator.blank()
    try world.serveHub()
    for branch in DemoBranch.all + DemoBranch.all.prefix(2) {
      try world.run(["sync", branch.file])
    }
  }

  private func whatBecameOfIt() throws {
    narrator.heading(4, "What became of it")
    let conflicts = try DemoConflict.list(world)
    let phone = conflicts.first { $0.key == "NS-0003" && $0.column == "phone" }
    guard let phone, let standing = phone.values.first,
      let overruled = phone.values.dropFirst().first
    else {
      throw CommandFailure(
        .unexpected, undone: "The demo stopped.",
        why: "The ledger does not name the two phone numbers of NS-0003.",
        next: "Keep the files with --keep and look at `tributary conflicts hub`.")
    }
    narrator.paragraph(
      """
      The same field, edited twice. \(standing.branch) and \(overruled.branch) each gave \
      腾岳电子科技 another phone, and neither knew of the other. The later one stands everywhere: \
      \(standing.shown). \(overruled.branch)’s \(overruled.shown), written \
      \(overruled.at ?? "before it joined"), is overruled: kept in the ledger with who and when.
      """)
    narrator.blank()
    narrator.paragraph(
      """
      Two fields of one customer. 南山支行 changed the address of 蓝屿咖啡, Lin Wei its note. \
      Nothing contradicts: both are kept, and no conflict is recorded.
      """)
    narrator.blank()
    narrator.paragraph(
      """
      An edit against a deletion. 罗湖支行 deleted 口岸快餐 while Lin Wei wrote down its new phone. \
      Somebody still works with this customer, so the row stays, whole, with the new phone; the \
      ledger says that a deletion was overruled.
      """)
    narrator.blank()
    narrator.paragraph("Three new customers, one from each branch, are known to all.")
    narrator.blank()
    narrator.table(try DemoRows.table(path: world.path(DemoBranch.luohu.file)))
    narrator.paragraph("(read from \(DemoBranch.luohu.file) with plain SQL)")
  }

  private func oneSharedState() throws {
    narrator.heading(5, "One shared state")
    narrator.paragraph(
      """
      Digests are equal if and only if every row is, byte for byte. The hub's own file can be \
      queried too: sqlite3 hub/hub.db.
      """)
    narrator.blank()
    let digests = try DemoDigests(world)
    narrator.table(digests.table)
    guard digests.areEqual else {
      throw CommandFailure(
        .unexpected, undone: "The demo stopped.", why: "The digests differ.",
        next: "Keep the files with --keep and run `tributary verify` on each database.")
    }
    narrator.paragraph("Equal everywhere.")
  }

  private func nothingWasLost() throws {
    narrator.heading(6, "Nothing was lost")
    narrator.paragraph(
      "The ledger holds every overruled value; and every value can say where it comes from.")
    narrator.blank()
    try world.run(["conflicts", "hub"])
    narrator.blank()
    try world.run(["why", DemoBranch.luohu.file, "customer", "NS-0002"])
  }

  private func theEnd() throws {
    try world.stopHub()
    narrator.heading(7, "What to try next")
    if world.isKept {
      narrator.paragraph("Everything is still there. In one terminal:")
      narrator.blank()
      narrator.shellLine("cd '\(world.folder)'")
      narrator.command(["hub", "serve", "hub"])
      narrator.blank()
      narrator.paragraph("In another, in the same folder, edit as you like and sync:")
      narrator.blank()
      narrator.shellLine("sqlite3 linwei.db \"UPDATE customer SET note = 'mine' WHERE …\"")
      narrator.command(["sync", "linwei.db"])
      narrator.command(["why", "linwei.db", "customer", "NS-0002", "note"])
    } else {
      narrator.paragraph("Keep the files and play with them:")
      narrator.blank()
      narrator.command(["demo", "--keep", "my-demo"])
      narrator.blank()
      narrator.paragraph("Or begin with a database of your own, on a copy at first:")
      narrator.blank()
      narrator.command(["hub", "init", "hub", "--like", "mine.db"])
      narrator.command(["hub", "serve", "hub"])
      narrator.command(["hub", "invite", "hub", "--branch", "Home"])
      narrator.command(["join", "mine.db", "TOKEN"])
    }
  }

  private func pause() async throws {
    try await SystemTimer().wait(milliseconds: Self.pauseMilliseconds)
  }
}
