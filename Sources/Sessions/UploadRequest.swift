/// A piece of a changeset too large to travel inline. With no bytes: how much is there already?
package struct UploadRequest: Hashable, Sendable {
  package var changeset: UploadedChangeset
  /// Where the piece begins in the stream; what the hub already has it does not need again.
  package var offset: Int
  package var bytes: [UInt8]

  package init(changeset: UploadedChangeset, offset: Int, bytes: [UInt8]) {
    self.changeset = changeset
    self.offset = offset
    self.bytes = bytes
  }
}
