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

  /// What an earlier try with this token left, if anything.
  init?(for token: Token, in folder: BranchFolder) throws {
    guard let bytes = try folder.read(folder.enrolment, bytesMax: Self.bytesMax),
      bytes.count > ContentHash.byteCount,
      Array(bytes.prefix(ContentHash.byteCount)) == Self.mark(of: token).bytes,
      let answer = try? EnrolResponse(encoded: Array(bytes.dropFirst(ContentHash.byteCount)))
    else { return nil }
    self.token = token
    self.answer = answer
  }

  /// Enrols this device and keeps what came of it, or leaves the folder as it was.
  init(enrolling token: Token, in folder: BranchFolder) async throws {
    let existed = folder.exists
    do {
      try folder.create()
      // A key is for one enrolment: whatever an earlier, other token left here is not ours.
      try DeviceIdentity.remove(from: folder.path)
      let key = try DeviceKey.loadOrMake(in: folder.path)
      let outcome = try await HubEnrolment.enrol(token, key: key)
      try outcome.identity.save(in: folder.path)
      try folder.write(
        Self.mark(of: token).bytes + outcome.answer.encoded, to: folder.enrolment)
      self.token = token
      answer = outcome.answer
    } catch {
      if !existed { try? folder.remove() }
      throw error
    }
  }

  /// Tells one token's enrolment from another's without keeping a secret.
  private static func mark(of token: Token) -> ContentHash { ContentHash(of: Array(token.text.utf8)) }
}
