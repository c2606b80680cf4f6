import Basics
import Clocks
import Deltas
import Testing

@testable import Sessions

/// Sequences of events and the effects that answer them.
struct BranchSessionTests {
  private typealias Session = BranchSession

  private static let generation = GenerationID(high: 1, low: 2)

  private func changeset(_ counter: UInt64, bytes: Int = 100) -> UploadedChangeset {
    UploadedChangeset(
      counter: counter, contentHash: ContentHash(of: [UInt8(counter % 256)]), byteCount: bytes)
  }

  private func pending(_ changesets: UploadedChangeset...) -> [Session.Pending] {
    changesets.map { Session.Pending(changeset: $0) }
  }

  private func response(
    accepted: [UploadedChangeset] = [], from: UInt64 = 0, to: UInt64 = 0, deltaBytes: Int = 0
  ) -> ExchangeResponse {
    ExchangeResponse(
      accepted: accepted.map {
        AcceptedChangeset(
          counter: $0.counter, contentHash: $0.contentHash, position: LogPosition($0.counter))
      },
      generation: Self.generation, from: LogPosition(from), to: LogPosition(to),
      deltaByteCount: deltaBytes, deltaBytes: [], vectorDifference: [], names: [],
      clockOffsetMilliseconds: 0,
      timestamp: HybridTimestamp(milliseconds: 0, counter: 0, replica: .hub))
  }

  @Test func anotherPolicyIsAskedForOnceAllElseIsDone() {
    let old = ContentHash(of: [1])
    let policy = PolicyResponse(version: 3, encoded: [9])
    for told in [PolicyMark(version: 3, contentHash: ContentHash(of: [9])), nil] {
      var response = response()
      response.policy = told
      var session = Session(policyHash: old)
      _ = session.handle(.started)
      _ = session.handle(.sealed(outbox: []))
      #expect(session.handle(.exchanged(response, isResumed: false)) == [.apply(response)])
      guard told != nil else {
        #expect(session.handle(.applied(outbox: [])) == [.finish(.complete)])
        continue
      }
      #expect(session.handle(.applied(outbox: [])) == [.askPolicy])
      #expect(session.handle(.policy(policy)) == [.note(policy)])
      #expect(session.handle(.policyNoted) == [.finish(.complete)])
    }
    var response = response()
    response.policy = PolicyMark(version: 2, contentHash: old)
    var session = Session(policyHash: old)
    _ = session.handle(.started)
    _ = session.handle(.sealed(outbox: []))
    _ = session.handle(.exchanged(response, isResumed: false))
    #expect(session.handle(.applied(outbox: [])) == [.finish(.complete)], "It is the branch's.")
  }

  /// Whether a session answers each event with the effects beside it.
  private func expect(
    _ table: [(event: Session.Event, effects: [Session.Effect])],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var session = Session()
    for (index, row) in table.enumerated() {
      #expect(
        session.handle(row.event) == row.effects, "row \(index)", sourceLocation: sourceLocation)
    }
  }

  private func wait(_ attempt: Int) -> Session.Effect {
    .wait(milliseconds: Backoff(spread: 0).milliseconds(afterAttempt: attempt))
  }

  private let ask = Session.Effect.exchange(inline: [], uploaded: nil)

  @Test func nothingToDo() {
    expect([
      (.started, [.seal]),
      (.sealed(outbox: []), [ask]),
      (.exchanged(response(), isResumed: false), [.apply(response())]),
      (.applied(outbox: []), [.finish(.complete)]),
      (.started, []),
    ])
  }

  @Test func littleChangedIsOneRoundTrip() {
    let first = changeset(1)
    let second = changeset(2)
    let answer = response(accepted: [first, second], to: 2)
    expect([
      (.started, [.seal]),
      (
        .sealed(outbox: pending(first, second)),
        [.exchange(inline: [first, second], uploaded: nil)]
      ),
      (.exchanged(answer, isResumed: false), [.apply(answer)]),
      (.applied(outbox: []), [.finish(.complete)]),
    ])
  }

  @Test func whatDoesNotFitInlineGoesWithTheNextExchange() {
    let half = SessionLimits.inlineBytesMax / 2
    let all = [changeset(1, bytes: half), changeset(2, bytes: half), changeset(3, bytes: 1)]
    let answer = response(accepted: Array(all[..<2]), to: 2)
    let last = response(accepted: [all[2]], from: 2, to: 3)
    expect([
      (.started, [.seal]),
      (
        .sealed(outbox: pending(all[0], all[1], all[2])),
        [.exchange(inline: Array(all[..<2]), uploaded: nil)]
      ),
      (.exchanged(answer, isResumed: false), [.apply(answer)]),
      (.applied(outbox: pending(all[2])), [.exchange(inline: [all[2]], uploaded: nil)]),
      (.exchanged(last, isResumed: false), [.apply(last)]),
      (.applied(outbox: []), [.finish(.complete)]),
    ])
  }

  @Test func manySmallChangesetsAreCountedToo() {
    let most = SessionLimits.changesetsPerExchangeMax
    let all = (1...UInt64(most + 1)).map { changeset($0, bytes: 1) }
    var session = Session()
    _ = session.handle(.started)
    #expect(
      session.handle(.sealed(outbox: all.map { Session.Pending(changeset: $0) }))
        == [.exchange(inline: Array(all[..<most]), uploaded: nil)])
  }

  @Test func aLargeChangesetIsUploadedFromWhereItStands() {
    let piece = SessionLimits.pieceBytesMax
    let large = changeset(1, bytes: 2 * piece + 10)
    let small = changeset(2)
    let first = response(accepted: [large], to: 1)
    let second = response(accepted: [small], from: 1, to: 2)
    expect([
      (.started, [.seal]),
      (.sealed(outbox: pending(large, small)), [.upload(large, offset: 0, byteCount: 0)]),
      (.uploadAnswered(byteCount: 7), [.upload(large, offset: 7, byteCount: piece)]),
      (
        .uploadAnswered(byteCount: 7 + piece), [.upload(large, offset: 7 + piece, byteCount: piece)]
      ),
      (
        .uploadAnswered(byteCount: 7 + 2 * piece),
        [.upload(large, offset: 7 + 2 * piece, byteCount: 3)]
      ),
      (.uploadAnswered(byteCount: 2 * piece + 10), [.exchange(inline: [], uploaded: large)]),
      (.exchanged(first, isResumed: false), [.apply(first)]),
      (.applied(outbox: pending(small)), [.exchange(inline: [small], uploaded: nil)]),
      (.exchanged(second, isResumed: false), [.apply(second)]),
      (.applied(outbox: []), [.finish(.complete)]),
    ])
  }

  @Test func anUploadThatWasNotAnsweredAsksAgainWhereItStands() {
    let piece = SessionLimits.pieceBytesMax
    let large = changeset(1, bytes: 2 * piece)
    expect([
      (.started, [.seal]),
      (.sealed(outbox: pending(large)), [.upload(large, offset: 0, byteCount: 0)]),
      (.uploadAnswered(byteCount: 0), [.upload(large, offset: 0, byteCount: piece)]),
      (.unanswered, [wait(1)]),
      (.waited, [.upload(large, offset: 0, byteCount: 0)]),
      // It had arrived.
      (.uploadAnswered(byteCount: piece), [.upload(large, offset: piece, byteCount: piece)]),
      (.uploadAnswered(byteCount: .max), [.exchange(inline: [], uploaded: large)]),
    ])
  }

  @Test func anUploadThatDoesNotGetOnEnds() {
    let large = changeset(1, bytes: 2 * SessionLimits.pieceBytesMax)
    var session = Session()
    _ = session.handle(.started)
    var effects = session.handle(.sealed(outbox: pending(large)))
    var count = 0
    while true {
      if case .finish = effects[0] { break }
      count += 1
      guard count < 100 else { break }
      // The question is answered, the piece never.
      switch effects[0] {
      case .upload(_, _, byteCount: 0): effects = session.handle(.uploadAnswered(byteCount: 5))
      case .upload: effects = session.handle(.unanswered)
      default: effects = session.handle(.waited)
      }
    }
    #expect(effects == [.finish(.unreachable)])
  }

  @Test func aLargeDeltaIsDownloadedFromWhatIsStaged() {
    let piece = SessionLimits.pieceBytesMax
    let answer = response(from: 3, to: 9, deltaBytes: 2 * piece + 5)
    func download(_ offset: Int, _ byteCount: Int) -> Session.Effect {
      .download(from: LogPosition(3), to: LogPosition(9), offset: offset, byteCount: byteCount)
    }
    expect([
      (.started, [.seal]),
      (.sealed(outbox: []), [ask]),
      (.exchanged(answer, isResumed: false), [.stage(answer)]),
      (.staged(byteCount: 100), [download(100, piece)]),
      (.unanswered, [wait(1)]),
      (.waited, [download(100, piece)]),
      (.staged(byteCount: 100 + piece), [download(100 + piece, piece - 95)]),
      (.staged(byteCount: 50 + 2 * piece), [.apply(answer)]),
      (.applied(outbox: []), [.finish(.complete)]),
    ])
    expect([
      (.started, [.seal]),
      (.sealed(outbox: []), [ask]),
      (.exchanged(answer, isResumed: false), [.stage(answer)]),
      // An interrupted session had staged all of it.
      (.staged(byteCount: 2 * piece + 5), [.apply(answer)]),
    ])
  }

  /// A delta that an interrupted session had begun ends where the log ended then.
  @Test func behindAResumedDeltaItAsksForTheRest() {
    let old = response(from: 3, to: 9, deltaBytes: 10)
    let rest = response(from: 9, to: 12, deltaBytes: 10)
    expect([
      (.started, [.seal]),
      (.sealed(outbox: []), [ask]),
      (.exchanged(old, isResumed: true), [.stage(old)]),
      (.staged(byteCount: 10), [.apply(old)]),
      (.applied(outbox: []), [ask]),
      (.exchanged(rest, isResumed: false), [.stage(rest)]),
      (.staged(byteCount: 10), [.apply(rest)]),
      (.applied(outbox: []), [.finish(.complete)]),
    ])
  }

  @Test func aDownloadThatDoesNotGetOnEnds() {
    let answer = response(to: 9, deltaBytes: 1_000)
    let download = Session.Effect.download(
      from: .start, to: LogPosition(9), offset: 10, byteCount: 990)
    expect([
      (.started, [.seal]),
      (.sealed(outbox: []), [ask]),
      (.exchanged(answer, isResumed: false), [.stage(answer)]),
      (.staged(byteCount: 10), [download]),
      (.staged(byteCount: 10), [wait(1)]),
      (.waited, [download]),
      (.staged(byteCount: 10), [wait(2)]),
      (.waited, [download]),
      (.unanswered, [wait(3)]),
      (.waited, [download]),
      (.staged(byteCount: 10), [wait(4)]),
      (.waited, [download]),
      (.staged(byteCount: 10), [.finish(.unreachable)]),
    ])
  }

  @Test func aHubThatDoesNotAnswerIsTriedWithLongerWaits() {
    var table: [(event: Session.Event, effects: [Session.Effect])] = [
      (.started, [.seal]), (.sealed(outbox: []), [ask]),
    ]
    for attempt in 1..<SessionLimits.attemptsMax {
      table += [(.unanswered, [wait(attempt)]), (.waited, [ask])]
    }
    expect(table + [(.unanswered, [.finish(.unreachable)]), (.waited, [])])
  }

  @Test func anAnswerAfterAllBeginsTheCountAnew() {
    let answer = response(to: 5, deltaBytes: 10)
    expect([
      (.started, [.seal]),
      (.sealed(outbox: []), [ask]),
      (.unanswered, [wait(1)]), (.waited, [ask]),
      (.unanswered, [wait(2)]), (.waited, [ask]),
      (.exchanged(answer, isResumed: false), [.stage(answer)]),
      (
        .staged(byteCount: 0),
        [.download(from: .start, to: LogPosition(5), offset: 0, byteCount: 10)]
      ),
      (.unanswered, [wait(1)]),
    ])
  }

  @Test func anotherSchemaIsToldAndNotedAndTheExchangeIsRepeated() {
    let refusal = Refusal(code: .schemaMismatch, message: "")
    let schema = Schema(tables: [], otherSQL: ["CREATE VIEW v AS SELECT 1"])
    var session = Session()
    _ = session.handle(.started)
    _ = session.handle(.sealed(outbox: []))
    for _ in 0..<SessionLimits.schemasMax {
      #expect(session.handle(.refused(refusal)) == [.tellSchema])
      #expect(session.handle(.schema(schema)) == [.noteSchema(schema)])
      #expect(session.handle(.schemaNoted(outbox: [])) == [ask])
    }
    #expect(session.handle(.refused(refusal)) == [.finish(.refused(refusal))])
  }

  private static let answered: Set<RefusalCode> = [
    .chainBroken, .unknownPosition, .schemaMismatch,
  ]

  @Test(arguments: RefusalCode.allCases.filter { !answered.contains($0) })
  func aRefusalEndsTheSessionUnlessTheHubIsBusy(code: RefusalCode) {
    let refusal = Refusal(code: code, message: "Nothing was done.")
    var session = Session()
    _ = session.handle(.started)
    _ = session.handle(.sealed(outbox: []))
    guard code == .busy else {
      #expect(session.handle(.refused(refusal)) == [.finish(.refused(refusal))])
      return
    }
    for attempt in 1..<SessionLimits.attemptsMax {
      #expect(session.handle(.refused(refusal)) == [wait(attempt)])
      #expect(session.handle(.waited) == [ask])
    }
    #expect(session.handle(.refused(refusal)) == [.finish(.refused(refusal))])
  }

  @Test func aHubThatAcceptsNothingEndsTheSession() {
    let stuck = changeset(4)
    let again = Session.Effect.exchange(inline: [stuck], uploaded: nil)
    var table: [(event: Session.Event, effects: [Session.Effect])] = [
      (.started, [.seal]), (.sealed(outbox: pending(stuck)), [again]),
    ]
    for _ in 1..<SessionLimits.stallsMax {
      table += [
        (.exchanged(response(), isResumed: false), [.apply(response())]),
        (.applied(outbox: pending(stuck)), [again]),
      ]
    }
    expect(
      table + [
        (.exchanged(response(), isResumed: false), [.apply(response())]),
        (.applied(outbox: pending(stuck)), [.finish(.unreachable)]),
      ])
  }

  @Test func aProgramThatGoesOnWritingDoesNotKeepTheSessionGoing() {
    var session = Session()
    _ = session.handle(.started)
    var effects = session.handle(.sealed(outbox: pending(changeset(1))))
    var rounds = 0
    while effects != [.finish(.complete)], rounds < 100 {
      rounds += 1
      let sent = changeset(UInt64(rounds))
      let answer = response(accepted: [sent], to: UInt64(rounds))
      #expect(effects == [.exchange(inline: [sent], uploaded: nil)])
      _ = session.handle(.exchanged(answer, isResumed: false))
      effects = session.handle(.applied(outbox: pending(changeset(UInt64(rounds + 1)))))
    }
    #expect(rounds == SessionLimits.extraRoundsMax + 1)
  }

  @Test func whatDoesNotAnswerIsIgnored() {
    var session = Session()
    #expect(session.handle(.waited) == [])
    #expect(session.handle(.unanswered) == [])
    #expect(session.handle(.started) == [.seal])
    #expect(session.handle(.exchanged(response(), isResumed: false)) == [])
    #expect(session.handle(.started) == [])
    #expect(session.handle(.sealed(outbox: [])) == [ask])
    #expect(session.handle(.uploadAnswered(byteCount: 3)) == [])
    #expect(session.handle(.staged(byteCount: 3)) == [])
    #expect(session.handle(.applied(outbox: [])) == [])
    #expect(session.handle(.waited) == [])
  }

  /// Whatever a hub and a network do, a session with a finite outbox ends.
  @Test(arguments: 0..<200)
  func everySessionEnds(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var outbox = (1...5).map { counter in
      changeset(counter, bytes: generator.chance(300) ? 3 << 20 : Int(counter) * 1_000)
    }
    var session = Session(spread: seed)
    var effects = session.handle(.started)
    var steps = 0
    while steps < 2_000 {
      #expect(effects.count == 1)
      guard let effect = effects.first else { break }
      if case .finish = effect { break }
      steps += 1
      effects = session.handle(
        Self.answer(effect, outbox: &outbox, response: response, &generator))
    }
    #expect(steps < 2_000)
  }

  private static func answer(
    _ effect: Session.Effect, outbox: inout [UploadedChangeset],
    response: ([UploadedChangeset], UInt64, UInt64, Int) -> ExchangeResponse,
    _ generator: inout SeededGenerator
  ) -> Session.Event {
    let pending = outbox.map { Session.Pending(changeset: $0) }
    let fails = generator.chance(300)
    switch effect {
    case .seal: return .sealed(outbox: pending)
    case .upload where fails, .exchange where fails, .download where fails: return .unanswered
    case .upload: return .uploadAnswered(byteCount: Int.random(in: -5...4 << 20, using: &generator))
    case .exchange:
      if generator.chance(700), !outbox.isEmpty { outbox.removeFirst() }
      let size = generator.chance(500) ? 0 : Int.random(in: 0...5 << 20, using: &generator)
      return .exchanged(response([], 0, 9, size), isResumed: false)
    case .stage, .download:
      return .staged(byteCount: Int.random(in: -5...6 << 20, using: &generator))
    case .apply: return .applied(outbox: pending)
    case .askPolicy where fails: return .unanswered
    case .askPolicy: return .policy(PolicyResponse(version: 1, encoded: []))
    case .note: return .policyNoted
    case .tellSchema: return .schema(Schema(tables: [], otherSQL: []))
    case .noteSchema: return .schemaNoted(outbox: pending)
    case .wait, .finish, .askPlace, .handBack, .askFork, .enrol, .askAdopt, .adopt: return .waited
    }
  }
}
