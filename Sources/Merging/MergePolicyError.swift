package import Deltas

/// Why a policy is none.
package enum MergePolicyError: Error, Hashable, Sendable {
  case unknownRule(String, known: [String])
  case unfitArguments(rule: String)
  /// The unit's rule looks at values, and a unit has several.
  case unfitForUnit(rule: String)
  /// A unit's columns are not ascending, or fewer than two.
  case malformedUnit([ColumnID])
  /// A column is in two units, or in one and has a rule of its own.
  case decidedTwice(ColumnID)
  /// Columns or units are named, and no table.
  case columnsOfNoTable
  /// The columns that hold the parent's key are none, or one is there twice.
  case malformedParent(of: TableID)
  /// The table is its own parent, or its parent's.
  case ownParent(TableID)
  case ruleNameTaken(String)
  case unfitName(String)

  /// What was not done, why, and what to do next.
  package var message: String {
    switch self {
    case .unknownRule(let name, let known):
      "There is no rule “\(name)”. There are \(known.joined(separator: ", "))."
    case .unfitArguments(let rule):
      "The rule “\(rule)” cannot be made of what stands after its name."
    case .unfitForUnit(let rule):
      "The rule “\(rule)” compares values, so it cannot decide several columns as one. "
        + "Use latest, first, prefer or ask."
    case .malformedUnit(let columns):
      "A unit needs two or more different columns; there are \(columns.count)."
    case .decidedTwice(let column):
      "Column \(column) is to be decided twice. Leave it in one unit, without a rule of its own."
    case .columnsOfNoTable:
      "Columns can have a rule only under the table that they belong to."
    case .malformedParent(let table):
      "Rows of table \(table) need different columns that hold their parent's key. Name them."
    case .ownParent(let table):
      "Rows of table \(table) would be decided with themselves. Leave out one of the parents."
    case .ruleNameTaken(let name):
      "There is a rule “\(name)” already. Register this one under another name."
    case .unfitName(let name):
      "A rule cannot be named “\(name)”: a name has 1 to \(MergeLimits.ruleNameBytesMax) bytes."
    }
  }
}
