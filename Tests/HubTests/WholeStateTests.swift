import Basics
import Clocks
import Deltas
import Hub
import HubStore
import Sessions
import TestSupport
import Testing

/// Branches to which the pruned log no longer reaches back.
@Suite struct WholeStateTests {
  static let day: Int64 = 86_400_000

  /// Two branches with many rows, level and pruned; the third was last heard of 400 days before.
  private func world() throws -> (hub: TestEngine, near: ImitatedBranch, far: ImitatedBranch) {
    let hub = try TestEngine(branches: 5)
    var near = hub.branch(1)
    var far = hub.branch(3)
    var random = SeededGenerator(seed: 5)
    for part in 0..<2 {
      near.write(
        (1...3_000).map { row in
          let name = (0..<30).map { _ in String(random.next(), radix: 36) }.joined()
          return .insertCustomer(Int64(part * 5_000 + row), name, at: 100)
        })
      try hub.sync(&near)
    }
    try fetch(&far, from: hub, at: TestEngine.now)
    try fetch(&far, from: hub, at: TestEngine.now)
    near.write([.delete(.customer(2), at: 200), .update(.customer(3), [2: .text("near")], at: 200)])
    let later = TestEngine.now + 400 * Self.day
    for _ in 0..<3 { try fetch(&near, from: hub, at: later) }
    while try hub.engine.tend(wallMilliseconds: later) {}
    return (hub, near, far)
  }

  private func exchange(
    _ branch: ImitatedBranch, with hub: TestEngine, resumeTo: LogPosition? = nil,
    at now: Int64 = TestEngine.now + 400 * WholeStateTests.day
  ) throws -> ExchangeResponse {
    let request = hub.request(branch, resumeTo: resumeTo, wall: now)
    guard
      case .exchange(let response) = try hub.ask(.exchange(request), from: branch.replica, at: now)
    else { throw Unanswered() }
    return response
  }

  private struct Unanswered: Error {}

  private func download(
    _ response: ExchangeResponse, to branch: ImitatedBranch, from hub: TestEngine,
    upTo end: Int = .max
  ) throws -> [UInt8] {
    var bytes = response.deltaBytes
    while bytes.count < min(end, response.deltaByteCount) {
      let request = DownloadRequest(
        generation: response.generation, from: response.from, to: response.to,
        offset: bytes.count, byteCount: 200_000, isForAnyone: response.isForAnyone,
        isWholeState: response.isWholeState)
      guard case .download(let piece) = try hub.ask(.download(request), from: branch.replica)
      else { throw Unanswered() }
      #expect(piece.deltaByteCount == response.deltaByteCount)
      bytes += piece.bytes
    }
    return bytes
  }

  @discardableResult
  private func fetch(
    _ branch: inout ImitatedBranch, from hub: TestEngine,
    at now: Int64 = TestEngine.now + 400 * WholeStateTests.day
  ) throws -> ExchangeResponse {
    let response = try exchange(branch, with: hub, at: now)
    try branch.apply(try download(response, to: branch, from: hub), upTo: response.to)
    return response
  }

  @Test func whoReturnsGetsTheHeadsRowsWithItsOwn() throws {
    var (hub, near, far) = try world()
    far.write([
      .update(.customer(3), [3: .text("far")], at: 150),
      .update(.customer(2), [2: .text("late")], at: 150),
      .insertCustomer(9_999, "own", at: 150),
    ])
    let response = try fetch(&far, from: hub)
    #expect(response.isWholeState && response.isForAnyone)
    #expect(response.from == .start)
    #expect(response.to == (try hub.store.head()))
    #expect(response.accepted.map(\.position) == [response.to])
    #expect(response.vectorDifference.map(\.counter) == [3, 1])
    #expect(far.rows[.customer(2)] == nil)
    #expect(far.rows[.customer(9_999)] != nil)
    #expect(far.ledger.map(\.state) == [.open])
    try fetch(&near, from: hub)
    #expect(near.rows == far.rows)
    // Then it is like any other.
    near.write([.delete(.customer(7), at: 300)])
    try fetch(&near, from: hub)
    #expect(try fetch(&far, from: hub).isWholeState == false)
    #expect(near.rows == far.rows)
  }

  @Test func itsBytesStayTheSameWhileItIsFetched() throws {
    var (hub, near, far) = try world()
    let first = try exchange(far, with: hub)
    #expect(first.deltaByteCount > SessionLimits.inlineBytesMax)
    var bytes = try download(first, to: far, from: hub, upTo: 500_000)
    near.write([.insertCustomer(8_000, "meanwhile", at: 300), .delete(.customer(1), at: 300)])
    try fetch(&near, from: hub)
    // Whoever is on the way holds back what comes after.
    while try hub.engine.tend(wallMilliseconds: TestEngine.now + 400 * Self.day) {}
    let again = try exchange(far, with: hub, resumeTo: first.to)
    #expect(again.to == first.to && again.deltaByteCount == first.deltaByteCount)
    #expect(again.deltaBytes == first.deltaBytes)
    var rest = again
    rest.deltaBytes = bytes
    bytes = try download(rest, to: far, from: hub)
    try far.apply(bytes, upTo: first.to)
    try fetch(&far, from: hub)
    #expect(near.rows == far.rows)
    // What it sends itself must be in it.
    var other = hub.branch(4)
    other.write([.insertCustomer(8_001, "mine", at: 300)])
    let own = try exchange(other, with: hub, resumeTo: first.to)
    #expect(own.to == (try hub.store.head()))
  }

  @Test func newBranchesShareOne() throws {
    let (hub, near, _) = try world()
    var first = hub.branch(4)
    var second = hub.branch(5)
    let one = try exchange(first, with: hub)
    let two = try exchange(second, with: hub)
    #expect(one.isWholeState && two.isWholeState)
    #expect(one.deltaBytes == two.deltaBytes && one.to == two.to)
    try first.apply(try download(one, to: first, from: hub), upTo: one.to)
    try second.apply(try download(two, to: second, from: hub), upTo: two.to)
    #expect(first.rows == near.rows && second.rows == near.rows)
    let later = TestEngine.now + 400 * Self.day
    try fetch(&first, from: hub)
    try fetch(&second, from: hub)
    while try hub.engine.tend(wallMilliseconds: later) {}
    // The one that is away has less than it; the day it returns it gets the head's.
    #expect(hub.store.wholeStateCount == 1)
  }

  @Test func oneThatIsGoneIsAskedForAnew() throws {
    let (hub, _, far) = try world()
    let response = try exchange(far, with: hub)
    let request = DownloadRequest(
      generation: response.generation, from: .start, to: LogPosition(1), offset: 0,
      byteCount: 10, isForAnyone: true, isWholeState: true)
    guard case .refused(let refusal) = try hub.ask(.download(request), from: far.replica) else {
      Issue.record("It was not refused.")
      return
    }
    #expect(refusal.code == .unknownPosition)
    // Nor does the log have a delta from there any more.
    let delta = DownloadRequest(
      generation: response.generation, from: LogPosition(1), to: response.to, offset: 0,
      byteCount: 10)
    #expect(try hub.refusal(.download(delta), from: far.replica) == .unknownPosition)
  }
}
