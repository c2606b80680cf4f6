internal import Basics
internal import Clocks
package import Deltas

extension EnrolRequest {
  package var encoded: [UInt8] {
    var writer = ByteWriter(.enrol)
    writer.writeLengthPrefixed(tokenSecret)
    writer.writeLengthPrefixed(certificateRequest)
    return writer.message
  }

  package init(encoded: [UInt8]) throws(DeltaDecodingError) {
    var (reader, type, _) = try FieldReader.message(encoded, in: "an enrolment")
    guard type == .enrol else { throw reader.error("is a message of another type") }
    self.init(
      tokenSecret: try reader.readBytes(
        of: "token", atMost: SessionLimits.tokenSecretBytesMax),
      certificateRequest: try reader.readBytes(
        of: "certificate request", atMost: SessionLimits.certificateBytesMax))
    try reader.expectEnd()
  }
}

extension EnrolResponse {
  package var encoded: [UInt8] {
    var writer = ByteWriter(.enrolled)
    writer.write(replica)
    writer.writeLengthPrefixed(branch)
    writer.writeLengthPrefixed(certificate)
    writer.write(generation)
    writer.writeLengthPrefixed(schema.encoded)
    return writer.message
  }

  package init(encoded: [UInt8]) throws(DeltaDecodingError) {
    var (reader, type, _) = try FieldReader.message(encoded, in: "an enrolment's answer")
    guard type == .enrolled else { throw reader.error("is a message of another type") }
    self.init(
      replica: try reader.readReplica(),
      branch: try reader.readText(of: "branch's name", atMost: DeltaLimits.nameBytesMax),
      certificate: try reader.readBytes(
        of: "certificate", atMost: SessionLimits.certificateBytesMax),
      generation: try reader.readGeneration(),
      schema: try Schema(
        encoded: try reader.readBytes(of: "schema", atMost: DeltaLimits.schemaBytesMax)))
    try reader.expectEnd()
  }
}
