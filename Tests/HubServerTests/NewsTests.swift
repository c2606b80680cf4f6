import Basics
import Clocks
import Dispatch
import Sessions
import Testing
import Transport

@testable import HubServer

private let generation = GenerationID(high: 1, low: 1)

private func news(_ head: UInt64) -> NewsBoard.News {
  .init(generation: generation, head: LogPosition(head))
}

@Suite(.timeLimit(.minutes(1))) struct NewsBoardTests {
  private let timer = ManualTimer()

  private func board(_ waitersMax: Int = 10, perBranch: Int = 2) -> NewsBoard {
    NewsBoard(waitersMax: waitersMax, waitersPerBranchMax: perBranch, timer: timer)
  }

  private func wait(
    _ board: NewsBoard, after position: UInt64, since ticket: UInt64 = 0, by replica: UInt32 = 1
  ) async -> NewsBoard.Outcome {
    await board.wait(
      after: LogPosition(position), since: ticket, by: ReplicaID(replica),
      patienceMilliseconds: 25_000)
  }

  @Test func wakesWhoIsBehindAndNobodyElse() async {
    let board = board()
    async let behind = wait(board, after: 5, by: 1)
    async let ahead = wait(board, after: 6, by: 2)
    await until { await board.waiterCount == 2 }
    await board.post(news(6))
    #expect(await behind == .news(news(6)))
    #expect(await board.waiterCount == 1)
    await board.post(news(5))
    await board.post(news(7))
    #expect(await ahead == .news(news(7)))
  }

  @Test func remembersWhatWasPostedBefore() async {
    let board = board()
    await board.post(news(6))
    #expect(await wait(board, after: 5) == .news(news(6)))
  }

  /// The hub was restored: what was posted before it is no news.
  @Test func whatWasPostedBeforeTheHeadWasLookedAtIsNoNews() async {
    let board = board()
    await board.post(news(9))
    // Of the log as it is now; its name is still the same.
    await board.post(news(5))
    let ticket = await board.ticket
    async let outcome = wait(board, after: 5, since: ticket)
    await until { await board.waiterCount == 1 }
    await board.post(.init(generation: GenerationID(high: 2, low: 2), head: LogPosition(6)))
    let restored = NewsBoard.News(
      generation: GenerationID(high: 2, low: 2), head: LogPosition(6))
    #expect(await outcome == .news(restored))
  }

  @Test func patienceEnds() async {
    let board = board()
    async let outcome = wait(board, after: 5)
    await until { await board.waiterCount == 1 && timer.waiterCount == 1 }
    timer.advance(milliseconds: 24_999)
    #expect(await board.waiterCount == 1)
    timer.advance(milliseconds: 1)
    #expect(await outcome == .none)
    #expect(await board.waiterCount == 0)
  }

  @Test func aBranchesNewestWaitsAndItsOldestIsLetGo() async {
    let board = board()
    async let first = wait(board, after: 5)
    await until { await board.waiterCount == 1 }
    async let second = wait(board, after: 5)
    await until { await board.waiterCount == 2 }
    async let third = wait(board, after: 5)
    #expect(await first == .none)
    #expect(await board.waiterCount == 2)
    await board.post(news(6))
    #expect(await second == .news(news(6)))
    #expect(await third == .news(news(6)))
  }

  @Test func thereIsALimit() async {
    let board = board(1)
    async let first = wait(board, after: 5, by: 1)
    await until { await board.waiterCount == 1 }
    #expect(await wait(board, after: 5, by: 2) == .full)
    await board.close()
    #expect(await first == .none)
    #expect(await wait(board, after: 5, by: 2) == .none)
    #expect(timer.waiterCount == 0)
  }
}

@Suite(.timeLimit(.minutes(1))) struct NewsTests {
  private let exchange = HubRequest.exchange(
    ExchangeRequest(
      schemaFingerprint: .zero, integrated: nil, wallMilliseconds: 0, changesets: [],
      uploaded: nil))

  @Test func newsComeAtOnce() async throws {
    try await ServerWorld.serve { world in
      let reader = try world.connection(try world.device(1))
      let old = try await reader.send(.awaitNews(after: LogPosition(4)))
      #expect(old.response == .news(generation: FakeHub.generation, head: LogPosition(5)))
      async let answer = reader.send(.awaitNews(after: LogPosition(5)))
      await until { world.hub.requests.count == 2 }
      let writer = try world.connection(try world.device(2))
      _ = try await writer.send(exchange)
      #expect(
        try await answer.response == .news(generation: FakeHub.generation, head: LogPosition(6)))
      await reader.close()
      await writer.close()
    }
  }

  /// The hub was restored from before the branch's place: it must not wait until the log is as long
  /// again.
  @Test func whoIsAheadOfTheLogIsAnsweredAtOnce() async throws {
    try await ServerWorld.serve { world in
      let reader = try world.connection(try world.device(1))
      for position in [LogPosition(6), LogPosition(500)] {
        #expect(
          try await reader.send(.awaitNews(after: position)).response
            == .news(generation: FakeHub.generation, head: LogPosition(5)))
      }
      await reader.close()
    }
  }

  @Test func withoutNewsTheHeadIsAnsweredAfterPatience() async throws {
    let timer = ManualTimer()
    try await ServerWorld.serve(timer: timer) { world in
      let reader = try world.connection(try world.device(1))
      async let answer = reader.send(.awaitNews(after: LogPosition(5)))
      let patience = Int64(SessionLimits.newsPatienceMilliseconds)
      await until { timer.isWaited(milliseconds: patience) }
      timer.advance(milliseconds: patience)
      #expect(
        try await answer.response == .news(generation: FakeHub.generation, head: LogPosition(5)))
      await reader.close()
    }
  }

  @Test func waitingForNewsHoldsNoPlace() async throws {
    var limits = HubServerLimits()
    limits.requestsWaitingMax = 1
    let timer = ManualTimer()
    try await ServerWorld.serve(limits: limits, timer: timer) { world in
      let connections = try (1...5).map { try world.connection(try world.device($0)) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, connection) in connections.enumerated() {
          group.addTask { _ = try await connection.send(.awaitNews(after: LogPosition(5))) }
          await until { timer.waiterCount == index + 1 + ServerWorld.ownSleepers }
        }
        _ = try await world.ask(exchange, as: try world.device(9)).get()
        try await group.waitForAll()
      }
      for connection in connections { await connection.close() }
    }
  }
}

@Suite(.timeLimit(.minutes(1))) struct StopTests {
  @Test func whatIsInFlightIsFinished() async throws {
    let (entered, enter) = AsyncStream<Void>.makeStream()
    let go = DispatchSemaphore(value: 0)
    let block: @Sendable (HubRequest) -> Void = { _ in
      enter.yield()
      go.wait()
    }
    try await ServerWorld.serve(onRequest: block) { world in
      let connection = try world.connection(try world.device(1))
      async let answer = connection.send(.describe)
      var arrivals = entered.makeAsyncIterator()
      await arrivals.next()
      world.server.stop()
      go.signal()
      guard case .description = try await answer.response else {
        Issue.record("The request in flight was not answered.")
        return
      }
      await connection.close()
    }
  }

  @Test func whoOnlyWaitsForNewsIsLetGo() async throws {
    let timer = ManualTimer()
    try await ServerWorld.serve(timer: timer) { world in
      let connection = try world.connection(try world.device(1))
      async let answer = connection.send(.awaitNews(after: LogPosition(5)))
      await until { timer.waiterCount == 1 + ServerWorld.ownSleepers }
      world.server.stop()
      #expect(
        try await answer.response == .news(generation: FakeHub.generation, head: LogPosition(5)))
      await connection.close()
    }
  }

  @Test func whatTakesTooLongIsCut() async throws {
    let timer = ManualTimer()
    let (entered, enter) = AsyncStream<Void>.makeStream()
    let go = DispatchSemaphore(value: 0)
    let block: @Sendable (HubRequest) -> Void = { _ in
      enter.yield()
      go.wait()
    }
    try await ServerWorld.serve(timer: timer, onRequest: block) { world in
      let connection = try world.connection(try world.device(1))
      let answer = Task { try await connection.send(.describe) }
      var arrivals = entered.makeAsyncIterator()
      await arrivals.next()
      await until { timer.waiterCount == ServerWorld.ownSleepers }
      world.server.stop()
      let grace = HubServerLimits().stopMillisecondsMax
      await until { timer.isWaited(milliseconds: grace) }
      timer.advance(milliseconds: grace)
      go.signal()
      _ = await answer.result
      await connection.close()
    }
  }

  @Test func cancellationIsAStop() async throws {
    let timer = ManualTimer()
    try await ServerWorld.serve(timer: timer) { world in
      let inner = Task {
        try await ServerWorld.serve(timer: timer) { world in
          _ = try await world.ask(.describe, as: try world.device(1)).get()
          withUnsafeCurrentTask { $0?.cancel() }
        }
      }
      _ = await inner.result
      _ = try await world.ask(.describe, as: try world.device(1)).get()
    }
  }

  @Test func anAddressInUseIsNamed() async throws {
    try await ServerWorld.serve { world in
      let second = try HubServer(
        credentials: world.credentials, service: world.hub.makeService(), listen: world.url)
      await #expect(
        throws: HubServerError.cannotListen(
          address: world.url.authority, why: "Address already in use")
      ) { try await second.run { _ in } }
    }
  }
}
