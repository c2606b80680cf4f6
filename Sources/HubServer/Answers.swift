internal import Deltas
internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import Sessions
internal import Transport

/// The HTTP form of everything the server says.
enum Answers {
  static let welcome = """
    This is a Tributary hub. Branches sync with it by themselves; there is nothing to see here.
    To let a branch join, run "tributary hub invite" on the hub's machine.

    """

  static let noCertificate = Refusal(
    code: .notAllowed,
    message: "Nothing was done: no device certificate of this hub was shown. Join with a token.")

  static let wrongContentType = Refusal(
    code: .unsupportedProtocol,
    message: "Nothing was done: the request is not \(HubInterface.contentType). Use the program"
      + " “tributary” to talk to this hub.")

  static let busy = Refusal(
    code: .busy,
    message: "Nothing was done: the hub has too many requests waiting. Try again a little later.")

  static func tooLarge(bytesMax: Int) -> Refusal {
    Refusal(
      code: .tooLarge,
      message: "Nothing was done: the request is larger than \(bytesMax) bytes. Upgrade this"
        + " branch or the hub.")
  }

  static func undecodable(_ error: DeltaDecodingError) -> Refusal {
    switch error {
    case .unsupportedFormat: Refusal(code: .unsupportedProtocol, message: error.message)
    case .tooLarge: Refusal(code: .tooLarge, message: error.message)
    default: Refusal(code: .malformed, message: error.message)
    }
  }

  /// A message of the protocol.
  static func ours(_ status: HTTPResponse.Status, _ body: [UInt8]) -> Response {
    respond(status, ByteBuffer(bytes: body), contentType: HubInterface.contentType)
  }

  static func plain(
    _ status: HTTPResponse.Status, _ text: String,
    contentType: String = "text/plain; charset=utf-8"
  ) -> Response {
    respond(status, ByteBuffer(string: text), contentType: contentType)
  }

  static func wrongMethod(allowed: String) -> Response {
    var response = plain(.methodNotAllowed, "Only \(allowed) is understood here.\n")
    response.headers[.allow] = allowed
    return response
  }

  /// A refusal under the HTTP status that fits its code.
  static func refused(
    _ refusal: Refusal, status: HTTPResponse.Status?, retryAfterSeconds: Int
  ) -> Response {
    var response = ours(status ?? Self.status(refusal.code), HubResponse.refused(refusal).encoded)
    switch refusal.code {
    case .busy: response.headers[.retryAfter] = "\(retryAfterSeconds)"
    // The rest of the body is not wanted, and the connection cannot be used again without it.
    case .tooLarge: response.headers[.connection] = "close"
    default: break
    }
    return response
  }

  private static func status(_ code: RefusalCode) -> HTTPResponse.Status {
    switch code {
    case .malformed: .badRequest
    case .unsupportedProtocol: .unsupportedMediaType
    case .notAllowed, .revoked, .retired, .withheld, .tokenUnknown, .tokenUsed, .tokenExpired:
      .forbidden
    case .schemaMismatch, .chainBroken, .unknownPosition: .conflict
    case .tooLarge: .contentTooLarge
    case .busy: .serviceUnavailable
    case .storage: .internalServerError
    }
  }

  private static func respond(
    _ status: HTTPResponse.Status, _ body: ByteBuffer, contentType: String
  ) -> Response {
    Response(
      status: status,
      headers: [
        .contentType: contentType, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
      ],
      body: ResponseBody(byteBuffer: body))
  }
}
