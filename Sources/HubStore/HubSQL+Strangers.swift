/// Devices with a certificate of the hub's authority that the registry does not have.
extension HubSQL {
  static let strangerColumns = "fingerprint, replica, name, first_contact, last_contact, is_revoked"
  static let selectStrangers = """
    SELECT \(strangerColumns) FROM tributary_stranger ORDER BY last_contact DESC, fingerprint
    """
  static let selectStranger = """
    SELECT \(strangerColumns) FROM tributary_stranger WHERE fingerprint = ?
    """
  static let putStranger = """
    INSERT INTO tributary_stranger (fingerprint, replica, name, first_contact, last_contact)
    VALUES (?1, ?2, ?3, ?4, ?4)
    ON CONFLICT (fingerprint) DO UPDATE SET replica = excluded.replica,
      name = ifnull(excluded.name, name), last_contact = excluded.last_contact,
      first_contact = ifnull(first_contact, excluded.first_contact)
    """
  static let revokeStranger = """
    INSERT INTO tributary_stranger (fingerprint, is_revoked) VALUES (?1, 1)
    ON CONFLICT (fingerprint) DO UPDATE SET is_revoked = 1
    """
  static let revokeStrangersNamed = """
    UPDATE tributary_stranger SET is_revoked = 1 WHERE name = ?
    """
  /// All but the newest; those that were revoked stay.
  static let deleteOldStrangers = """
    DELETE FROM tributary_stranger WHERE is_revoked = 0 AND fingerprint NOT IN (
      SELECT fingerprint FROM tributary_stranger WHERE is_revoked = 0
      ORDER BY last_contact DESC LIMIT ?)
    """
  static let insertRefusedName = "INSERT OR IGNORE INTO tributary_refused_name VALUES (?)"
  static let isRefusedName = """
    SELECT EXISTS (SELECT 1 FROM tributary_refused_name WHERE name = ?)
    """
  static let selectReplicaCertified = """
    SELECT id FROM tributary_replica WHERE certificate_fingerprint = ? AND state <> 4
    """
}
