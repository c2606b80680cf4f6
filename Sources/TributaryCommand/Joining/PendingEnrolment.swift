internal import Basics
internal import Deltas
internal import Sessions
internal import Transport

/// What a token gave to a device whose database is not attached yet: kept, so that a join which
/// stopped goes on with it, although the token is used up.
struct PendingEnrolment {
  let token: Token
  let answer: EnrolResponse

  private static let bytesMax = DeltaLimits.schemaBytesMax + (1 << 20)

  /// What an earlier try with this token left, if it came to an answer.
  init?(for token: Token, in folder: BranchFolder) throws {
    guard let bytes = try Self.bytes(for: token, in: folder),
      let answer = try? EnrolResponse(encoded: bytes)
    else { return nil }
    self.token = token
    self.answer = answer
  }

  /// Whether an earlier try with this token was sent and its answer, perhaps, lost.
  static func isUnderWay(for token: Token, in folder: BranchFolder) throws -> Bool {
    try bytes(for: token, in: folder)?.isEmpty ?? false
  }

  /// Enrols this device and keeps what came of it. What the token refuses leaves nothing behind;
  /// what the network breaks can be repeated with the same key.
  init(enrolling token: Token, in folder: BranchFolder) async throws {
    let existed = folder.exists
    if try !Self.isUnderWay(for: token, in: folder) {
      try folder.create()
      // A key is for one token: what another left here is not ours.
      try DeviceIdentity.remove(from: folder.path)
      try folder.write(Self.mark(of: token), to: folder.enrolment)
    }
    do {
      let outcome = try await HubEnrolment.enrol(
        token, key: try DeviceKey.loadOrMake(in: folder.path))
      try outcome.identity.save(in: folder.path)
      try folder.write(Self.mark(of: token) + outcome.answer.encoded, to: folder.enrolment)
      self.token = token
      answer = outcome.answer
    } catch TransportError.refused(let refusal) {
      try DeviceIdentity.remove(from: folder.path)
      folder.removeFile(folder.enrolment)
      if !existed { try folder.remove() }
      throw refusal
    }
  }

  /// What was kept after the token's mark; nil if it is another token's or nothing is there.
  private static func bytes(for token: Token, in folder: BranchFolder) throws -> [UInt8]? {
    let mark = mark(of: token)
    guard let bytes = try folder.read(folder.enrolment, bytesMax: bytesMax),
      bytes.starts(with: mark)
    else { return nil }
    return Array(bytes.dropFirst(mark.count))
  }

  /// Tells one token's enrolment from another's without keeping a secret.
  private static func mark(of token: Token) -> [UInt8] {
    ContentHash(of: Array(token.text.utf8)).bytes
  }
}
