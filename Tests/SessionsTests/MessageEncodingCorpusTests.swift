import Basics
import Deltas
import Foundation
import Sessions
import TestSupport
import Testing

/// Bytes that once did harm, or would have: each is refused by all that reads bytes.
@Suite struct MessageEncodingCorpusTests {
  /// Not the folders, which hold what the fuzzer keeps for its targets.
  static let files: [URL] =
    ((try? FileManager.default.contentsOfDirectory(
      at: fixture("Corpus"), includingPropertiesForKeys: nil)) ?? [])
    .filter { !$0.hasDirectoryPath }

  static let readers: [String: @Sendable ([UInt8]) throws -> Void] = [
    "block": { _ = try BlockReader(raw: $0) },
    "compressed block": { _ = try decompressedBlock(payload: $0) },
    "changeset": { _ = try Streams.readChangeset($0) },
    "delta": { _ = try Streams.readDelta($0) },
    "request": { _ = try HubRequest(encoded: $0) },
    "answer": { _ = try HubResponse(encoded: $0) },
    "enrolment": { _ = try EnrolRequest(encoded: $0) },
    "enrolment's answer": { _ = try EnrolResponse(encoded: $0) },
    "schema": { _ = try Schema(encoded: $0) },
    "conflicts": { _ = try Conflict.list(payload: $0) },
    "key": { _ = try RowKey(table: TableID(1), encoded: $0) },
  ]

  @Test func thereIsACorpus() { #expect(Self.files.count >= 20) }

  @Test(arguments: files) func everythingIsRefused(file: URL) throws {
    let bytes = try GoldenFile.hexadecimalFile(file)
    for (name, read) in Self.readers {
      #expect(throws: DeltaDecodingError.self, "as \(name)") { try read(bytes) }
    }
  }

  /// Not for another reason than the one the file was made for.
  @Test(arguments: [
    ("rows-without-bytes.block", DeltaDecodingError.malformed("a block is cut short")),
    ("uuid-not-packed.block", .malformed("a block has a UUID that is not packed")),
    ("run-in-two-parts.block", .malformed("a block has a run of values in two parts")),
    (
      "cells-beyond-the-limit.block",
      .tooLarge(what: "number of values in a block", limit: DeltaLimits.blockCellsMax)
    ),
    ("length-beyond-the-end.block", .malformed("a block is cut short")),
    ("other-content.changeset", .hashMismatch), ("format-4.changeset", .unsupportedFormat(4)),
    (
      "other-counts.changeset",
      .malformed("a changeset's trailer counts other rows or blocks than there are")
    ),
    ("no-trailer.changeset", .truncated),
    (
      "inflates-beyond-its-length.changeset",
      .malformed("a compressed block cannot be decompressed to the length it declares")
    ),
    (
      "inflates-beyond-the-limit.changeset",
      .tooLarge(what: "block in bytes", limit: DeltaLimits.blockRawBytesMax)
    ),
    (
      "frame-beyond-the-limit.changeset",
      .tooLarge(what: "frame in bytes", limit: DeltaLimits.frameBytesMax)
    ),
    ("entry-left-out.delta", .malformed("a delta has an entry out of order")),
    ("ends-early.delta", .malformed("a delta ends before its last entry")),
    ("blocks-of-the-receiver.delta", .malformed("a delta has a block where none belongs")),
    ("conflicts-without-bytes.delta", .malformed("a list of conflicts is cut short")),
    ("changesets-without-bytes.message", .malformed("a request is cut short")),
    ("rows-without-bytes.message", .malformed("an answer is cut short")),
    ("schema-without-bytes.message", .malformed("an answer is cut short")),
    (
      "clone-of-a-varint.message",
      .malformed("a request has a number that is not in its shortest form")
    ), ("captive-portal.message", .unsupportedFormat(60)),
  ])
  func theReasonIsTheRightOne(name: String, error: DeltaDecodingError) throws {
    let bytes = try GoldenFile.hexadecimalFile(fixture("Corpus/\(name)"))
    let kinds = ["message": ["request", "answer"]]
    let kind = name.split(separator: ".").last.map(String.init) ?? ""
    let errors = (kinds[kind] ?? [kind]).compactMap { reader in
      #expect(throws: DeltaDecodingError.self) { try Self.readers[reader]?(bytes) }
    }
    #expect(errors.contains(error), "\(errors)")
  }
}
