internal import Clocks
internal import Deltas
internal import Merging

/// What the author of one changeset may write in one table.
struct WriteRights {
  private let policy: TablePolicy
  private let author: ReplicaID
  /// How people call the author.
  private let name: String
  private let isHeadquarters: Bool

  init(_ policy: TablePolicy, author: ReplicaID, name: String, isHeadquarters: Bool) {
    self.policy = policy
    self.author = author
    self.name = name
    self.isHeadquarters = isHeadquarters
  }

  /// Whether the policy says of a table that not everybody may write everything.
  static func areLimited(by policy: TablePolicy) -> Bool {
    policy.authority != .everyone || !policy.authorities.isEmpty || policy.isAppendOnly
      || policy.direction != .both
  }

  /// Whether the table's rows stay at the hub, and are not changed there by any branch.
  var isUpOnly: Bool { policy.direction == .up }

  /// Whether any row that the hub does not have is the author's to add, as it is.
  var takesNewRows: Bool {
    policy.authority == .everyone && policy.authorities.isEmpty && policy.direction != .down
  }

  /// Why somebody may not write; nil if they may. `row` is the row as it stands, or last stood; if
  /// there never was one, as it is to be.
  func refusal(ofColumn column: ColumnID, row: [ColumnID: Value]) -> WriteRefusal? {
    if let refusal = refusalOfAnyChange { return refusal }
    return refusal(by: policy.authorities[column] ?? policy.authority, row)
  }

  /// Of a column of a new row, which as such is the author's to add.
  func refusal(ofNewColumn column: ColumnID, row: [ColumnID: Value]) -> WriteRefusal? {
    refusal(by: policy.authorities[column] ?? policy.authority, row)
  }

  /// Of a new row.
  func refusalOfInsertion(row: [ColumnID: Value]) -> WriteRefusal? {
    if policy.direction == .down, !isSource { return .downOnly }
    return refusal(by: policy.authority, row)
  }

  /// Whether what comes down may come from the author: headquarters, and who is named.
  private var isSource: Bool {
    guard case .only(let replicas) = policy.authority else { return isHeadquarters }
    return replicas.contains(author)
  }

  func refusalOfDeletion(row: [ColumnID: Value]) -> WriteRefusal? {
    if let refusal = refusalOfAnyChange { return refusal }
    return refusal(by: policy.authority, row)
  }

  private var refusalOfAnyChange: WriteRefusal? {
    if isUpOnly { return .upOnly }
    guard !isHeadquarters else { return nil }
    if policy.direction == .down, !isSource { return .downOnly }
    return policy.isAppendOnly ? .appendOnly : nil
  }

  private func refusal(by authority: WriteAuthority, _ row: [ColumnID: Value]) -> WriteRefusal? {
    switch authority {
    case .everyone: nil
    case .hub: isHeadquarters ? nil : .headquartersOnly
    case .branches: isHeadquarters ? .branchesOnly : nil
    case .only(let replicas): replicas.contains(author) ? nil : .othersOnly
    case .owner(let column): isOwner(row[column] ?? .null) ? nil : .ownerOnly
    }
  }

  /// Whether a row's value names the author, by number or by name.
  private func isOwner(_ value: Value) -> Bool {
    switch value {
    case .integer(let number): number == Int64(author.rawValue)
    case .text(let bytes): bytes == Array(name.utf8)
    case .null, .real, .blob: false
    }
  }
}

/// Why a write is not for its author to make.
enum WriteRefusal: Hashable {
  case headquartersOnly
  case branchesOnly
  case othersOnly
  case ownerOnly
  case appendOnly
  case downOnly
  case upOnly

  var sentence: String { sentence(isWithheld: false) }

  /// `isWithheld` says that branches hear nothing of the table's rows.
  func sentence(isWithheld: Bool) -> String {
    let why =
      switch self {
      case .headquartersOnly: "Only headquarters may write this"
      case .branchesOnly: "Only branches may write this"
      case .othersOnly: "The policy leaves writing this to other branches"
      case .ownerOnly: "Only the branch that the row belongs to may write this"
      case .appendOnly: "Rows of this table are only ever added, never changed or deleted"
      case .downOnly: "This table comes from headquarters, and branches only read it"
      case .upOnly: "Rows of this table stay at the hub as they came first"
      }
    let rest =
      isWithheld
      ? "its branch has what it wrote, and it is kept here."
      : "what was written was undone at its branch, and is kept here."
    return why + ": what stands stays; " + rest
  }
}
