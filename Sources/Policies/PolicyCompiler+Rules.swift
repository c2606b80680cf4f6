internal import Clocks
internal import Deltas
internal import Merging

/// Rules, and who writes.
extension PolicyCompiler {
  // MARK: Rules

  /// `latest`, or `{prefer: [headquarters, nanshan]}`. Nil if it is none, which is remarked.
  mutating func rule(_ value: YAMLValue) -> RuleReference? {
    let reference: RuleReference
    switch value.content {
    case .broken: return nil
    case .word(let name, _) where !value.isNothing: reference = RuleReference(name)
    case .map(let entries, let isWhole) where entries.count == 1:
      guard isWhole else { return nil }
      guard let arguments = arguments(entries[0]) else { return nil }
      // Of branches none of whom is there yet, none is preferred.
      let isVacant = entries[0].name == "prefer" && arguments.isEmpty && hasItems(entries[0].value)
      reference = isVacant ? .latest : RuleReference(entries[0].name, arguments)
    default:
      remarks.refuse(
        at: value.place,
        """
        No rule was set: a rule is one word, or one word with what it needs. Write, for example, \
        latest or {prefer: [headquarters]}.
        """)
      return nil
    }
    return check(reference, at: value.place) ? reference : nil
  }

  private func hasItems(_ value: YAMLValue) -> Bool {
    if case .list(let items) = value.content { return !items.isEmpty }
    return !value.isNothing
  }

  private mutating func check(_ reference: RuleReference, at place: TextPlace) -> Bool {
    do throws(MergePolicyError) {
      _ = try registry.rule(reference)
      return true
    } catch {
      switch error {
      case .unknownRule(let name, let known):
        remarks.refuse(
          at: place,
          """
          No rule was set: there is none called \(shown(name)). \
          \(Self.advice(forRule: name, known: known))
          """)
      case .unfitArguments where reference.name == "prefer":
        remarks.refuse(
          at: place,
          """
          The rule prefer was not set: it takes branches, each once. Write them in the order in \
          which they are preferred: {prefer: [headquarters, nanshan]}.
          """)
      case .unfitArguments(let name):
        remarks.refuse(
          at: place,
          """
          The rule \(shown(name)) was not set: it does not take what stands behind its name\
          \(reference.arguments.isEmpty ? ", or takes more" : ""). Write `\(name)` alone, or \
          what its documentation asks for.
          """)
      default:
        remarks.refuse(at: place, "No rule was set. \(error.message)")
      }
      return false
    }
  }

  private static func advice(forRule name: String, known: [String]) -> String {
    let near = NearNames.nearest(to: name, among: known)
    guard near.isEmpty else { return "Did you mean \(enumerated(near.map(shown), with: "or"))?" }
    return "Choose one of \(enumerated(known))."
  }

  /// What stands behind a rule's name: one argument, or a list of them.
  private mutating func arguments(_ entry: YAMLEntry) -> [RuleReference.Argument]? {
    let items: [YAMLValue]
    switch entry.value.content {
    case .broken: return nil
    case .list(let all): items = all
    case .word, .map: items = entry.value.isNothing ? [] : [entry.value]
    }
    var arguments: [RuleReference.Argument] = []
    for item in items {
      guard let argument = argument(item, isBranch: entry.name == "prefer") else { return nil }
      arguments += argument
    }
    guard arguments.count <= MergeLimits.ruleArgumentsMax else {
      remarks.refuse(
        at: entry.value.place,
        """
        The rule \(shown(entry.name)) was not set: it was given more than \
        \(MergeLimits.ruleArgumentsMax) arguments. Give it fewer.
        """)
      return nil
    }
    return arguments
  }

  /// A branch may have had several numbers, so one name may be several arguments.
  private mutating func argument(
    _ value: YAMLValue, isBranch: Bool
  ) -> [RuleReference.Argument]? {
    if case .map(let entries, true) = value.content, entries.count == 1,
      entries[0].name == "branch"
    {
      return replicas(entries[0].value)?.map(RuleReference.Argument.replica)
    }
    guard !isBranch, case .word(let word, let isQuoted) = value.content, !value.isNothing else {
      return replicas(value)?.map(RuleReference.Argument.replica)
    }
    if !isQuoted, let integer = Int64(word), String(integer) == word { return [.integer(integer)] }
    guard word.utf8.count <= MergeLimits.argumentBytesMax else {
      remarks.refuse(
        at: value.place,
        """
        No rule was set: this text has more than \(MergeLimits.argumentBytesMax) bytes. Write it \
        shorter.
        """)
      return nil
    }
    return [.text(word)]
  }

  // MARK: Branches

  /// Those whom a name stands for, or `{replica: 7}`. Nil if it is neither, which is remarked;
  /// empty if nobody has the name yet.
  private mutating func replicas(_ value: YAMLValue) -> [ReplicaID]? {
    switch value.content {
    case .broken: return nil
    case .word(let name, _) where !value.isNothing: return replicas(named: name, at: value.place)
    case .map(let entries, let isWhole):
      guard isWhole else { return nil }
      if entries.count == 1, entries[0].name == "replica",
        case .word(let number, false) = entries[0].value.content,
        let replica = UInt32(number), String(replica) == number
      {
        return [ReplicaID(replica)]
      }
    default: break
    }
    remarks.refuse(
      at: value.place,
      """
      No branch was named: this is neither a name nor a number. Write nanshan, or {replica: 7}.
      """)
    return nil
  }

  private mutating func replicas(named name: String, at place: TextPlace) -> [ReplicaID] {
    var replicas = names.replicas(name)
    if name == PolicyNames.headquartersName { replicas += headquartersBranches ?? [] }
    if name == PolicyNames.headquartersName, names.branches[name] != nil {
      remarks.warn(
        at: place,
        """
        This means headquarters, not the branch of that name. If the branch is meant, write its \
        number: {replica: \(names.branches[name]?.first?.rawValue ?? 0)}.
        """)
    }
    guard replicas.isEmpty else { return replicas }
    absentBranches.insert(name)
    remarks.warn(
      at: place,
      """
      Branch \(shown(name)) has not joined yet; it counts from when it joins. \
      \(NearNames.advice(
        for: name, among: names.branchNames, otherwise: "Check the spelling."))
      """)
    return replicas
  }

  /// One branch or a list of them, each once.
  mutating func branches(named value: YAMLValue) -> [ReplicaID] {
    let items: [YAMLValue]
    if case .list(let all) = value.content { items = all } else { items = [value] }
    var result: [ReplicaID] = []
    for item in items {
      if case .word(PolicyNames.headquartersName, _) = item.content {
        remarks.refuse(
          at: item.place,
          """
          No branch was named: headquarters are who decides conflicts at the hub, and no branch. \
          Name the branches whose programs write as headquarters.
          """)
        continue
      }
      for replica in replicas(item) ?? [] where !result.contains(replica) {
        result.append(replica)
      }
    }
    return result
  }

  // MARK: Who writes

  /// Headquarters, with the branches that write as headquarters; nil if there are none of these.
  var headquartersAuthority: WriteAuthority? {
    guard let headquartersBranches, !headquartersBranches.isEmpty else { return nil }
    return .only(Set([names.headquarters] + headquartersBranches))
  }

  /// `everyone`, `headquarters`, `branches`, a list of branches, or `{owner: column}`.
  mutating func authority(_ value: YAMLValue, in columns: ColumnNames?) -> WriteAuthority? {
    switch value.content {
    case .broken: return nil
    case .word("everyone", _): return .everyone
    case .word(PolicyNames.headquartersName, _):
      warnOfHeadquarters(at: value.place)
      return headquartersAuthority ?? .hub
    case .word("branches", _): return .branches
    case .list(let items): return authority(of: items, at: value.place)
    case .map(let entries, let isWhole):
      guard isWhole else { return nil }
      if entries.count == 1, entries[0].name == "owner",
        case .word(let name, _) = entries[0].value.content, !entries[0].value.isNothing
      {
        return owner(name, at: entries[0].value.place, in: columns)
      }
    case .word: break
    }
    remarks.refuse(
      at: value.place,
      """
      Nobody was given the right to write: this is not one of those who may. Write everyone, \
      headquarters, branches, a list such as [nanshan, luohu], or {owner: COLUMN}.
      """)
    return nil
  }

  private mutating func authority(of items: [YAMLValue], at place: TextPlace) -> WriteAuthority? {
    var writers: Set<ReplicaID> = []
    var areAllKnown = true
    for item in items {
      guard let replicas = replicas(item) else { return nil }
      writers.formUnion(replicas)
      areAllKnown = areAllKnown && !replicas.isEmpty
    }
    guard writers.count <= MergeLimits.authorityReplicasMax else {
      remarks.refuse(
        at: place,
        """
        Nobody was given the right to write: these are more than \
        \(MergeLimits.authorityReplicasMax) replicas. Write branches.
        """)
      return nil
    }
    if writers == [names.headquarters] { warnOfHeadquarters(at: place) }
    if writers.isEmpty {
      remarks.warn(
        at: place,
        areAllKnown
          ? "Nobody may write here: the list is empty. Name somebody, or write headquarters."
          : "Nobody may write here until one of these has joined. Name somebody who has.")
    }
    return .only(writers)
  }

  private mutating func owner(
    _ name: String, at place: TextPlace, in columns: ColumnNames?
  ) -> WriteAuthority? {
    guard let columns else {
      remarks.refuse(
        at: place,
        """
        Nobody was given the right to write: `defaults` hold for all tables, and \(shown(name)) \
        is a column of some. Write the owner under each table that has one.
        """)
      return nil
    }
    let not = "Nobody was given the right to write by"
    return column(name, at: place, of: columns, not: not).map { .owner($0.id) }
  }
}
