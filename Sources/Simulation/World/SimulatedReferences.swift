internal import Basics
internal import Merging

/// How two tables of a seed refer to each other, and to themselves: what the programs' foreign keys
/// do, and what stands when what is referred to was deleted.
package struct SimulatedReferences: Hashable, Sendable {
  /// What a foreign key does with what refers to a row that goes.
  package enum Action: String, Hashable, Sendable, CaseIterable {
    case refuse = ""
    case cascade = " ON DELETE CASCADE"
    case clear = " ON DELETE SET NULL"
  }

  package var ofDeeds: Action
  package var ofPersons: Action
  /// Whether what refers to a row follows its changed key.
  package var followsKeys: Bool
  var deletesOfPersons: DeleteRule
  var deletesOfDeeds: DeleteRule

  init(_ generator: inout SeededGenerator) {
    ofDeeds = Action.allCases.randomElement(using: &generator) ?? .refuse
    ofPersons = Action.allCases.randomElement(using: &generator) ?? .refuse
    followsKeys = generator.chance(500)
    let rules: [DeleteRule] = [.lose, .lose, .win, .ask]
    deletesOfPersons = rules.randomElement(using: &generator) ?? .lose
    deletesOfDeeds = rules.randomElement(using: &generator) ?? .lose
  }

  var sql: String {
    let follows = followsKeys ? " ON UPDATE CASCADE" : ""
    return """
      CREATE TABLE person (
        id INTEGER PRIMARY KEY, name TEXT,
        boss INTEGER REFERENCES person (id)\(ofPersons.rawValue)\(follows)
      );
      CREATE TABLE deed (
        id INTEGER PRIMARY KEY,
        person INTEGER REFERENCES person (id)\(ofDeeds.rawValue)\(follows), note TEXT
      );
      CREATE TABLE deed_log (id INTEGER NOT NULL, note TEXT, is_gone INTEGER NOT NULL);
      """
  }

  /// The tables that are synced.
  static let tables = ["person", "deed"]
}
