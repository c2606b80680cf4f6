internal import Deltas
internal import Storage

/// Something the hub tells the people of a branch.
package struct BranchNotice: Hashable, Sendable {
  package var number: UInt64
  /// When it came about, by the hub's clock.
  package var milliseconds: Int64
  package var text: String

  package init(number: UInt64, milliseconds: Int64, text: String) {
    self.number = number
    self.milliseconds = milliseconds
    self.text = text
  }
}

extension BranchStore {
  /// What the hub has told, newest first; the newest of them only.
  package func notices() throws -> [BranchNotice] {
    try performing {
      try database.rows(BranchSQL.selectNotices, [.integer(Int64(BranchLimits.noticesMax))])
        .compactMap { row in
          guard let number = row[0].number, let milliseconds = row[1].number,
            case .text(let text) = row[2]
          else { return nil }
          return BranchNotice(
            number: UInt64(bitPattern: number), milliseconds: milliseconds,
            text: String(decoding: text, as: UTF8.self))
        }
    }
  }

  /// Stores what the branch has to say itself.
  func say(_ text: String, wallMilliseconds: Int64) throws -> BranchNotice {
    let notice = BranchNotice(number: 0, milliseconds: wallMilliseconds, text: text)
    try database.execute(
      BranchSQL.insertNotice, [.integer(0), .integer(wallMilliseconds), .text(text)])
    try database.execute(BranchSQL.dropOldNotices, [.integer(Int64(BranchLimits.noticesMax))])
    return notice
  }

  /// Stores what is new of some notices and returns it.
  func take(_ notices: [BranchNotice], in state: inout BranchState) throws -> [BranchNotice] {
    var new: [BranchNotice] = []
    for notice in notices where notice.number > state.noticed {
      state.noticed = notice.number
      // A restored hub may say again what it said before, under another number.
      let facts: [Value] = [.integer(notice.milliseconds), .text(notice.text)]
      guard try database.integer(BranchSQL.hasNotice, facts) != 1 else { continue }
      try database.execute(
        BranchSQL.insertNotice, [.integer(Int64(clamping: notice.number))] + facts)
      new.append(notice)
    }
    if !new.isEmpty {
      try database.execute(
        BranchSQL.dropOldNotices, [.integer(Int64(BranchLimits.noticesMax))])
    }
    return new
  }
}
