internal import Basics
package import Deltas

/// The version of the conversation. Stands at the head of every message.
package enum ProtocolVersion {
  package static let current: UInt64 = 1
}

extension HubRequest {
  /// Canonical bytes: protocol version, message type, fields.
  package var encoded: [UInt8] { fatalError("unwritten") }
  package init(encoded: [UInt8]) throws(DeltaDecodingError) { fatalError("unwritten") }
}

extension HubResponse {
  package var encoded: [UInt8] { fatalError("unwritten") }
  package init(encoded: [UInt8]) throws(DeltaDecodingError) { fatalError("unwritten") }
}

extension EnrolRequest {
  package var encoded: [UInt8] { fatalError("unwritten") }
  package init(encoded: [UInt8]) throws(DeltaDecodingError) { fatalError("unwritten") }
}

extension EnrolResponse {
  package var encoded: [UInt8] { fatalError("unwritten") }
  package init(encoded: [UInt8]) throws(DeltaDecodingError) { fatalError("unwritten") }
}
