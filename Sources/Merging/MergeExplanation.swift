/// Why the standing value stands, made by the merge itself.
package enum MergeExplanation: Hashable, Sendable {
  /// The latest of the concurrent writes by corrected time.
  case laterWrite
  /// The earliest of them.
  case earlierWrite
  /// Written at the same millisecond: the branch with the lower number stands.
  case tieByReplica
  /// A captured edit stands over rows that were there before their branch joined.
  case editOverBaseline
  /// What was there before its branch joined stands over a captured edit.
  case baselineOverEdit
  /// Both were there before their branches joined: the one the hub had first stands.
  case firstBaseline
  /// The greatest of the concurrent values.
  case greaterValue
  /// The least of them.
  case lesserValue
  /// Values that are worth the same and spelled differently: the latest stands.
  case equalValues
  /// A value stands over an empty cell.
  case valueOverNull
  /// The column prefers a branch over another.
  case preferredBranch
  /// A person is to decide; one stands for now, for this reason.
  indirect case waitsForPerson(MergeExplanation)
  /// What branches added and took away counts; of two counts that were set, the latest.
  case increments
  /// An element that one branch added stands over its removal by another.
  case addOverRemove
  /// Lines that one branch changed stand over their removal by another.
  case lineOverRemoval
  /// Two texts of different origin: the latest stands, with what was changed in either.
  case laterText
  /// A change to the row stands over a concurrent deletion, and brings back the whole row.
  case updateOverDelete
  /// A deletion stands over a concurrent change to the row.
  case deleteOverUpdate
  /// A person is to decide between a change and a deletion; the change stands for now.
  case deleteWaitsForPerson
  /// A person was to decide, and whoever wrote the same knowing of that has decided.
  case answered
  /// A person was to decide, and the row was deleted by somebody who knew of that.
  case goneWithRow
  /// A rule that a program brought along: its sentence, without customers' data.
  case custom(String)

  /// One sentence for people.
  package var sentence: String {
    switch self {
    case .laterWrite: Sentences.laterWrite
    case .earlierWrite: Sentences.earlierWrite
    case .tieByReplica: Sentences.tieByReplica
    case .editOverBaseline: Sentences.editOverBaseline
    case .baselineOverEdit: Sentences.baselineOverEdit
    case .firstBaseline: Sentences.firstBaseline
    case .greaterValue: Sentences.greaterValue
    case .lesserValue: Sentences.lesserValue
    case .equalValues: Sentences.equalValues
    case .valueOverNull: Sentences.valueOverNull
    case .preferredBranch: Sentences.preferredBranch
    case .waitsForPerson(let reason): Sentences.provisional(reason.sentence)
    case .increments: Sentences.increments
    case .addOverRemove: Sentences.addOverRemove
    case .lineOverRemoval: Sentences.lineOverRemoval
    case .laterText: Sentences.laterText
    case .updateOverDelete: Sentences.updateOverDelete
    case .deleteOverUpdate: Sentences.deleteOverUpdate
    case .deleteWaitsForPerson: Sentences.deleteWaitsForPerson
    case .answered: Sentences.answered
    case .goneWithRow: Sentences.goneWithRow
    case .custom(let sentence): sentence
    }
  }

  private enum Sentences {
    static func provisional(_ sentence: String) -> String {
      sentence.dropLast() + (sentence.hasSuffix(" stands.") ? "" : ",") + " until somebody decides."
    }

    static let laterWrite =
      "Neither branch had seen the other's value; the one written later stands."
    static let earlierWrite =
      "Neither branch had seen the other's value; the one written first stands."
    static let tieByReplica = """
      Neither branch had seen the other's value, and both were written at the same millisecond; \
      the branch with the lower number stands.
      """
    static let editOverBaseline = """
      Neither branch had seen the other's value; the edit stands over the value that was there \
      before its branch joined.
      """
    static let baselineOverEdit = """
      Neither branch had seen the other's value; the value that was there before its branch \
      joined stands over the edit.
      """
    static let firstBaseline = """
      Both values were there before their branches joined; the one that the hub received first \
      stands.
      """
    static let greaterValue = "Neither branch had seen the other's value; the greater one stands."
    static let lesserValue = "Neither branch had seen the other's value; the lesser one stands."
    static let equalValues = """
      Neither branch had seen the other's value, and both are worth the same; the one written \
      later stands.
      """
    static let valueOverNull =
      "One branch left the field empty without having seen the other's value; the value stands."
    static let preferredBranch =
      "Neither branch had seen the other's value; this field prefers the branch whose value stands."
    static let increments = """
      Two branches each began the count anew without having seen the other's; the one begun \
      later stands, and what was added or taken away since counts.
      """
    static let addOverRemove = """
      One branch took an entry out of the list that another, without having seen that, put in; \
      what was put in stays.
      """
    static let lineOverRemoval = """
      One branch took out lines that another, without having seen that, wrote anew; the new \
      lines stay.
      """
    static let laterText = """
      Two branches each wrote the text from the start without having seen the other's; the one \
      written later stands, and lines changed since are kept.
      """
    static let updateOverDelete = """
      One branch changed the row while another, without having seen the change, deleted it; the \
      change stands, and the whole row is kept.
      """
    static let deleteOverUpdate = """
      One branch deleted the row while another, without having seen that, changed it; in this \
      table the deletion stands, and the change is kept here.
      """
    static let deleteWaitsForPerson = """
      One branch changed the row while another, without having seen the change, deleted it; the \
      change stands until somebody decides.
      """
    static let answered = """
      This waited for somebody to decide; a branch that had seen what stood against what has \
      written it anew, and that decides it.
      """
    static let goneWithRow = """
      This waited for somebody to decide; a branch that had seen what stood against what has \
      deleted the row, and nothing is left to decide.
      """
  }
}
