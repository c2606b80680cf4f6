import Basics
import Clocks
import Deltas
import TestSupport
import Testing

@testable import Sessions

/// Sessions of a branch whose timeline the hub has lost, and of a copy of a branch.
struct BranchSessionIdentityTests {
  typealias Session = BranchSession
  typealias Row = (event: Session.Event, effects: [Session.Effect])

  static let ask = Session.Effect.exchange(inline: [], uploaded: nil)
  static let lost = Refusal(code: .unknownPosition, message: "The place is not known.")
  static let copied = Refusal(code: .chainBroken, message: "The chain is another.")
  static let path = PathResponse(
    steps: [GenerationStep(generation: GenerationID(high: 1, low: 2), fork: .start)],
    head: LogPosition(4))
  static let offer = ForkOffer(secret: [1, 2, 3], name: "east (2)")

  static func changeset(_ counter: UInt64, hash: UInt8 = 0) -> UploadedChangeset {
    UploadedChangeset(counter: counter, contentHash: ContentHash(of: [hash]), byteCount: 100)
  }

  static func pending(_ changesets: UploadedChangeset...) -> [Session.Pending] {
    changesets.map { Session.Pending(changeset: $0) }
  }

  static func exchange(_ changesets: UploadedChangeset...) -> Session.Effect {
    .exchange(inline: changesets, uploaded: nil)
  }

  static func response(_ byteCount: Int = 0, to: UInt64 = 0) -> ExchangeResponse {
    ExchangeResponse(
      accepted: [], generation: GenerationID(high: 1, low: 2), from: .start,
      to: LogPosition(to), deltaByteCount: byteCount, deltaBytes: [], vectorDifference: [],
      names: [], clockOffsetMilliseconds: 0,
      timestamp: HybridTimestamp(milliseconds: 0, counter: 0, replica: .hub))
  }

  static func wait(_ attempt: Int) -> Session.Effect {
    .wait(milliseconds: Backoff(spread: 0).milliseconds(afterAttempt: attempt))
  }

  /// Seals an outbox and asks.
  static func opening(_ changesets: UploadedChangeset...) -> [Row] {
    let inline = Session.Effect.exchange(inline: changesets, uploaded: nil)
    return [
      (.started, [.seal]),
      (.sealed(outbox: changesets.map { Session.Pending(changeset: $0) }), [inline]),
    ]
  }

  static func retired(_ counter: UInt64, kept: UInt64) -> Refusal {
    Refusal(
      code: .retired, message: "The device was retired.",
      salvage: Salvage(counter: counter, changesetCount: kept))
  }

  static let relocation: [Row] = [
    (.refused(lost), [.askPlace]), (.path(path), [.handBack(path)]),
    (.handedBack(outbox: []), [ask]),
  ]

  static let adoption: [Row] = [
    (.refused(copied), [.askFork]), (.forkOffered(offer), [.enrol(offer)]),
    (.enrolled, [.askAdopt]),
    (.adopted(parentHash: .zero), [.adopt(parentHash: .zero)]),
    (.adoptedHere(outbox: []), [ask]),
  ]

  static let ending: [Row] = [
    (.exchanged(response(), isResumed: false), [.apply(response())]),
    (.applied(outbox: []), [.finish(.complete)]),
  ]

  /// Whether a session answers each event with the effects beside it.
  private func expect(_ table: [Row], sourceLocation: SourceLocation = #_sourceLocation) {
    var session = Session()
    for (index, row) in table.enumerated() {
      #expect(
        session.handle(row.event) == row.effects, "row \(index)", sourceLocation: sourceLocation)
    }
  }

  @Test func whatTheHubLostIsHandedBackAndTheSyncGoesOn() {
    let first = Self.changeset(7)
    let renamed = Self.changeset(7, hash: 1)
    expect(
      Self.opening(first) + [
        (.refused(Self.lost), [.askPlace]), (.path(Self.path), [.handBack(Self.path)]),
        (.partHandedBack, []), (.partHandedBack, []),
        // Its contexts have another name now, and so another hash.
        (.handedBack(outbox: Self.pending(renamed)), [Self.exchange(renamed)]),
      ] + Self.ending)
  }

  @Test func aRetiredBranchGoesOnUntilAllOfItsOutboxIsKept() {
    let (first, second) = (Self.changeset(7), Self.changeset(8))
    var large = Self.changeset(9)
    large.byteCount = SessionLimits.inlineBytesMax + 1
    let last = Self.retired(9, kept: 3)
    expect(
      Self.opening(first, second).dropLast() + [
        (
          .sealed(outbox: Self.pending(first, second, large)), [Self.exchange(first, second)]
        ),
        (.refused(Self.retired(8, kept: 2)), [.upload(large, offset: 0, byteCount: 0)]),
        (
          .uploadAnswered(byteCount: large.byteCount), [.exchange(inline: [], uploaded: large)]
        ),
        (.refused(last), [.finish(.refused(last))]),
      ])
  }

  @Test func aRefusalThatSaysNothingOfWhatIsKeptEndsTheSession() {
    for refusal in [Self.retired(6, kept: 1), Refusal(code: .retired, message: "")] {
      expect(Self.opening(Self.changeset(7)) + [(.refused(refusal), [.finish(.refused(refusal))])])
    }
  }

  @Test func aCopyTakesAnIdentityAndTheSyncGoesOn() {
    let (first, second) = (Self.changeset(7), Self.changeset(8))
    let rest = Self.changeset(1, hash: 1)
    expect(
      Self.opening(first, second) + [
        (.refused(Self.copied), [.askFork]), (.forkOffered(Self.offer), [.enrol(Self.offer)]),
        (.enrolled, [.askAdopt]),
        (
          .adopted(parentHash: .zero), [.adopt(parentHash: .zero)]
        ),
        (.adoptedHere(outbox: Self.pending(rest)), [Self.exchange(rest)]),
      ] + Self.ending)
  }

  @Test func bothInOneSession() {
    expect(Self.opening() + Self.relocation + Self.adoption + Self.relocation + Self.ending)
  }

  @Test func aHubThatLosesThePlaceAgainAndAgainIsLeft() {
    var table = Self.opening()
    for _ in 0..<SessionLimits.relocationsMax { table += Self.relocation }
    expect(table + [(.refused(Self.lost), [.finish(.refused(Self.lost))]), (.waited, [])])
  }

  @Test func aHubThatTakesNoIdentityIsLeft() {
    var table = Self.opening()
    for _ in 0..<SessionLimits.adoptionsMax { table += Self.adoption }
    expect(table + [(.refused(Self.copied), [.finish(.refused(Self.copied))]), (.waited, [])])
  }

  /// The adopted chain begins at 1 again: that is not a hub that accepts nothing.
  @Test func smallerCountersAreNoStall() {
    let outbox = Self.pending(Self.changeset(1), Self.changeset(2))
    let second = Self.changeset(2)
    var table = Self.opening(Self.changeset(40), Self.changeset(41)) + Self.adoption.dropLast()
    table += [
      (.adoptedHere(outbox: outbox), [Self.exchange(Self.changeset(1), second)]),
      (.exchanged(Self.response(), isResumed: false), [.apply(Self.response())]),
      (.applied(outbox: Self.pending(second)), [Self.exchange(second)]),
    ]
    expect(table + Self.ending)
  }

  /// Every request on the way may get lost, or meet a busy hub.
  @Test func everyStepIsTriedAgain() {
    let busy = Refusal(code: .busy, message: "Later.")
    for event in [Session.Event.unanswered, .refused(busy)] {
      for detour in [Self.relocation, Self.adoption] {
        var table = Self.opening()
        var isInside = false
        for row in detour {
          // What is done inside the database is not lost.
          if !isInside, let request = table.last?.effects.first {
            table += [(event, [Self.wait(1)]), (.waited, [request])]
            if case .forkOffered = row.event {
              // The offer does not begin the count anew: the enrolment waits longer.
              table.append(row)
              table += [(event, [Self.wait(2)]), (.waited, row.effects)]
              isInside = true
              continue
            }
          }
          isInside = false
          table.append(row)
          if case .adopt? = row.effects.first { isInside = true }
        }
        expect(table + Self.ending)
      }
    }
  }

  /// A hub that is silent at any step ends the session, and nothing was lost.
  @Test func silenceAtAnyStepEndsAsUnreachable() {
    for detour in [Self.relocation, Self.adoption] {
      for count in 1..<detour.count {
        let table = Self.opening() + detour.prefix(count)
        guard let request = table.last?.effects.first else { continue }
        if case .adopt = request { continue }
        var session = Session()
        for row in table { _ = session.handle(row.event) }
        for attempt in 1..<SessionLimits.attemptsMax {
          #expect(session.handle(.unanswered) == [Self.wait(attempt)])
          #expect(session.handle(.waited) == [request])
        }
        #expect(session.handle(.unanswered) == [.finish(.unreachable)])
      }
    }
  }

  @Test func whatTheHubTookBeginsTheCountAnew() {
    let again = Session.Effect.handBack(Self.path)
    var table = Self.opening() + Self.relocation.prefix(2)
    for _ in 0..<20 {
      table += [
        (.unanswered, [Self.wait(1)]), (.waited, [again]), (.partHandedBack, []),
      ]
    }
    expect(table + [(.handedBack(outbox: []), [Self.ask])] + Self.ending)
  }

  /// An event that does not answer what is under way changes nothing: it was sent twice, or late.
  @Test func whatComesTwiceOrLateIsIgnored() {
    let all: [Session.Event] = [
      .started, .sealed(outbox: []), .uploadAnswered(byteCount: 1),
      .exchanged(Self.response(), isResumed: false), .staged(byteCount: 1), .applied(outbox: []),
      .path(Self.path), .handedBack(outbox: []), .forkOffered(Self.offer),
      .enrolled, .adopted(parentHash: .zero), .adoptedHere(outbox: []), .waited,
    ]
    let table = Self.opening() + Self.relocation + Self.adoption + Self.ending
    for count in 1...table.count {
      for event in all {
        let next = count < table.count ? table[count].event : .waited
        if count < table.count, Self.name(event) == Self.name(next) { continue }
        // Exchanges are refused on the way, and could be answered just as well.
        if case .exchange? = table[count - 1].effects.first, case .exchanged = event { continue }
        var session = Session()
        for row in table.prefix(count) { _ = session.handle(row.event) }
        #expect(session.handle(event) == [], "\(count): \(event)")
        for row in table.dropFirst(count) {
          #expect(session.handle(row.event) == row.effects, "\(count): \(event)")
        }
      }
    }
  }

  private static func name(_ event: Session.Event) -> Substring {
    "\(event)".prefix { $0 != "(" }
  }

  @Test func aTokenThatTheHubDoesNotTakeIsAskedForAnew() {
    for code in [RefusalCode.tokenUnknown, .tokenUsed, .tokenExpired] {
      let refusal = Refusal(code: code, message: "No.")
      var table = Self.opening() + Self.adoption.prefix(2)
      for attempt in 1..<SessionLimits.attemptsMax {
        table += [
          (.refused(refusal), [Self.wait(attempt)]), (.waited, [.askFork]),
          (.forkOffered(Self.offer), [.enrol(Self.offer)]),
        ]
      }
      expect(table + [(.refused(refusal), [.finish(.refused(refusal))])])
    }
  }

  @Test func aHubThatIsPutBackWhileItIsHandedSomethingIsHandedItAgain() {
    let beginning = Self.relocation.prefix(2) + [(.partHandedBack, [])]
    expect(Self.opening() + beginning + Self.relocation + Self.ending)
    var table = Self.opening()
    for _ in 0..<SessionLimits.relocationsMax { table += beginning }
    expect(table + [(.refused(Self.lost), [.finish(.refused(Self.lost))]), (.waited, [])])
  }

  /// Only an exchange can be refused for the chain, and only that and what is handed back for the
  /// place: anywhere else it is the end.
  @Test(arguments: RefusalCode.allCases.filter { $0 != .busy })
  func aRefusalOnTheWayEndsTheSession(code: RefusalCode) {
    let refusal = Refusal(code: code, message: "No.")
    let tokens: Set<RefusalCode> = [.tokenUnknown, .tokenUsed, .tokenExpired]
    for detour in [Self.relocation, Self.adoption] {
      for count in 1..<detour.count {
        let table = Self.opening() + detour.prefix(count)
        switch table.last?.effects.first {
        case .adopt: continue
        case .enrol where tokens.contains(code): continue
        case .handBack where code == .unknownPosition: continue
        default: break
        }
        expect(table + [(.refused(refusal), [.finish(.refused(refusal))]), (.waited, [])])
      }
    }
  }

  /// The hub was restored while a delta was on its way.
  @Test func aDeltaThatTheHubDoesNotKnowAnyMoreIsAskedForAnew() {
    let answer = Self.response(10, to: 5)
    let download = Session.Effect.download(
      from: .start, to: LogPosition(5), offset: 0, byteCount: 10)
    let fetching: [Row] = [
      (.exchanged(answer, isResumed: false), [.stage(answer)]),
      (.staged(byteCount: 0), [download]),
    ]
    expect(
      Self.opening() + fetching + [(.refused(Self.lost), [Self.ask])] + Self.relocation
        + Self.ending)
    var table = Self.opening()
    for _ in 1..<SessionLimits.stallsMax {
      table += fetching + [(.refused(Self.lost), [Self.ask])]
    }
    expect(table + fetching + [(.refused(Self.lost), [.finish(.refused(Self.lost))])])
  }

  /// Whatever a hub and a network do, a session ends, and soon.
  @Test(arguments: 0..<300)
  func everySessionEnds(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var session = Session(spread: seed)
    var effects = session.handle(.started)
    var steps = 0
    while steps < 1_000 {
      guard let effect = effects.first else { break }
      if case .finish = effect { break }
      steps += 1
      let codes: [RefusalCode] = [
        .unknownPosition, .chainBroken, .busy, .tokenUsed, .schemaMismatch,
      ]
      let refusal = Refusal(code: codes[generator.int(below: codes.count)], message: "")
      let isRefused = generator.chance(300)
      let event: Session.Event
      switch effect {
      case .seal: event = .sealed(outbox: Self.pending(Self.changeset(5)))
      case .adopt: event = .adoptedHere(outbox: Self.pending(Self.changeset(1)))
      case .stage: event = .staged(byteCount: generator.int(below: 20))
      case .apply:
        event = .applied(outbox: generator.chance(500) ? [] : Self.pending(Self.changeset(5)))
      case .noteSchema: event = .schemaNoted(outbox: Self.pending(Self.changeset(5)))
      case .wait, .finish: event = .waited
      case _ where generator.chance(150): event = .unanswered
      case _ where isRefused: event = .refused(refusal)
      case .upload: event = .uploadAnswered(byteCount: generator.int(below: 200))
      case .exchange: event = .exchanged(Self.response(generator.int(below: 20)), isResumed: false)
      case .download: event = .staged(byteCount: generator.int(below: 20))
      case .askPlace: event = .path(Self.path)
      case .handBack: event = .handedBack(outbox: Self.pending(Self.changeset(5)))
      case .askFork: event = .forkOffered(Self.offer)
      case .enrol: event = .enrolled
      case .askAdopt: event = .adopted(parentHash: .zero)
      case .askPolicy: event = .policy(PolicyResponse(version: 1, encoded: []))
      case .note: event = .policyNoted
      case .tellSchema: event = .schema(Schema(tables: [], otherSQL: []))
      }
      effects = session.handle(event)
      #expect(effects.count == 1)
    }
    #expect(steps < 1_000)
  }
}
