import Basics
import Clocks
import Deltas
import Sessions
import TestSupport
import Testing

/// Messages that claim or hold more than is allowed.
@Suite struct MessageEncodingLimitTests {
  static func message(_ type: UInt8, _ build: (inout ByteWriter) -> Void) -> [UInt8] {
    var writer = ByteWriter()
    writer.write(contentsOf: [1, type])
    build(&writer)
    return MessageEncodingTests.repaired(writer.bytes + [UInt8](repeating: 0, count: 8))
  }

  static func error(request bytes: [UInt8]) -> DeltaDecodingError? {
    do throws(DeltaDecodingError) {
      _ = try HubRequest(encoded: bytes)
      return nil
    } catch { return error }
  }

  static func error(response bytes: [UInt8]) -> DeltaDecodingError? {
    do throws(DeltaDecodingError) {
      _ = try HubResponse(encoded: bytes)
      return nil
    } catch { return error }
  }

  @Test func aBodyBeyondTheLimitIsRefusedUnread() {
    let body = [UInt8](repeating: 1, count: SessionLimits.bodyBytesMax + 1)
    let expected = DeltaDecodingError.tooLarge(what: "message in bytes", limit: 4 << 20)
    #expect(Self.error(request: body) == expected)
    #expect(Self.error(response: body) == expected)
  }

  @Test func everyListOfARequestHasALimit() {
    let zeroes = [UInt8](repeating: 0, count: 32)
    let exchange = Self.message(1) { writer in
      writer.write(contentsOf: zeroes + [0, 0])
      writer.writeVarint(SessionLimits.changesetsPerExchangeMax + 1)
    }
    #expect(
      Self.error(request: exchange) == .tooLarge(what: "number of changesets", limit: 1_000))
    let changeset = Self.message(1) { writer in
      writer.write(contentsOf: zeroes + [0, 0, 1])
      writer.writeVarint(SessionLimits.inlineBytesMax + 1)
    }
    #expect(Self.error(request: changeset) == .tooLarge(what: "changeset in bytes", limit: 1 << 20))
    let upload = Self.message(2) { writer in
      writer.write(contentsOf: [1] + zeroes + [0, 0])
      writer.writeVarint(SessionLimits.pieceBytesMax + 1)
    }
    #expect(Self.error(request: upload) == .tooLarge(what: "piece in bytes", limit: 1 << 20))
    let bits = Self.message(4) { $0.write(contentsOf: [1, 15, 0]) }
    #expect(Self.error(request: bits) == .tooLarge(what: "number of bits", limit: 14))
    let buckets = Self.message(4) { writer in
      writer.write(contentsOf: [1, 14])
      writer.writeVarint(SessionLimits.compareBucketsMax + 1)
    }
    #expect(Self.error(request: buckets) == .tooLarge(what: "number of buckets", limit: 1 << 14))
    let bucket = Self.message(4) { $0.write(contentsOf: [1, 3, 1, 8]) }
    #expect(Self.error(request: bucket) == .tooLarge(what: "number of buckets", limit: 7))
    let keys = Self.message(5) { writer in
      writer.write(1)
      writer.writeVarint(SessionLimits.fetchRowsMax + 1)
    }
    #expect(Self.error(request: keys) == .tooLarge(what: "number of keys", limit: 1_000))
    let key = Self.message(6) { writer in
      writer.write(1)
      writer.writeVarint(DeltaLimits.keyBytesMax + 1)
    }
    #expect(Self.error(request: key) == .tooLarge(what: "key in bytes", limit: 1 << 16))
  }

  @Test func everyListOfAResponseHasALimit() {
    func beyond(_ limit: Int, after head: [UInt8]) -> (inout ByteWriter) -> Void {
      { writer in
        writer.write(contentsOf: head)
        writer.writeVarint(limit + 1)
      }
    }
    let cases: [(UInt8, Int, [UInt8], String)] = [
      (0x41, SessionLimits.changesetsPerExchangeMax + 1, [], "number of accepted changesets"),
      (0x43, SessionLimits.pieceBytesMax, [0, 0], "piece in bytes"),
      (0x44, SessionLimits.compareBucketsMax, [0], "number of buckets"),
      (0x44, SessionLimits.compareRowsMax, [0, 0], "number of rows"),
      (0x45, SessionLimits.fetchRowsMax, [], "number of rows"),
      (0x45, DeltaLimits.columnsMax, [1, 1], "number of columns"),
      (0x45, DeltaLimits.valueBytesMax, [1, 1, 1, 3], "text in bytes"),
      (0x46, SessionLimits.explainCellsMax, [1], "number of cells"),
      (0x46, SessionLimits.explainConflictsMax, [1, 0], "number of conflicts"),
      (0x46, DeltaLimits.replicasMax, [1, 0, 0], "number of names"),
      (0x7f, SessionLimits.messageTextBytesMax, [1], "message in bytes"),
    ]
    for (type, limit, head, what) in cases {
      let error = Self.error(response: Self.message(type, beyond(limit, after: head)))
      #expect(error == .tooLarge(what: what, limit: limit))
    }
  }

  /// A list as long as allowed of which nothing is there.
  @Test func aLongListInFewBytesIsAnError() {
    let rows = Self.message(0x44) { writer in
      writer.write(contentsOf: [0, 0])
      writer.writeVarint(SessionLimits.compareRowsMax)
    }
    #expect(Self.error(response: rows) != nil)
  }

  @Test func piecesBeyondTheWholeAreErrors() {
    let upload = HubRequest.upload(
      UploadRequest(
        changeset: UploadedChangeset(counter: 1, contentHash: .zero, byteCount: 10), offset: 8,
        bytes: [1, 2, 3]))
    #expect(Self.error(request: upload.encoded) != nil)
    let download = HubResponse.download(
      DownloadResponse(offset: 8, deltaByteCount: 10, bytes: [1, 2, 3]))
    #expect(Self.error(response: download.encoded) != nil)
  }

  @Test func aLongRefusalLosesItsEnd() throws {
    let long = String(repeating: "数据", count: 1_000)
    let refusal = HubResponse.refused(Refusal(code: .storage, message: long))
    guard case .refused(let read) = try HubResponse(encoded: refusal.encoded) else {
      Issue.record("It is not a refusal any more.")
      return
    }
    #expect(long.hasPrefix(read.message))
    #expect((4_090...4_096).contains(read.message.utf8.count))
  }

  @Test func anUnknownRefusalIsAnError() {
    for code in [0, 16, 65_536] {
      let message = Self.message(0x7f) { writer in
        writer.writeVarint(code)
        writer.write(0)
      }
      #expect(Self.error(response: message) != nil)
    }
  }
}
