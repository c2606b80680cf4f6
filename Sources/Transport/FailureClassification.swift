internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Turns what the network libraries throw into the few cases that callers act on differently.
enum FailureClassification {
  static func classify(_ error: any Error, url: HubURL) -> TransportError {
    switch error {
    case let error as TransportError: error
    case let error as NIOSSLExtraError: classify(error, url: url)
    case let error as NIOSSLError: classify(error, url: url)
    case let error as BoringSSLError: classify(tls: error, url: url)
    case let error as HTTPClientError: classify(error, url: url)
    case let error as NIOConnectionError: classify(error, url: url)
    case HTTPParserError.invalidEOFState: .unreachable("\(url.authority) cut the connection")
    case is CancellationError: .unreachable("the attempt was stopped")
    case let error as IOError: .unreachable("\(url.authority): \(reason(error))")
    default: classifyByName(error, url: url)
    }
  }

  private static func classify(_ error: NIOSSLExtraError, url: HubURL) -> TransportError {
    if error == .failedToValidateHostname {
      return .untrusted(
        "its certificate does not name “\(url.host)”; the hub's operator can add the name with"
          + " --host")
    }
    return .unreachable("TLS with \(url.authority) failed")
  }

  private static func classify(_ error: NIOSSLError, url: HubURL) -> TransportError {
    switch error {
    case .handshakeFailed(let tls): classify(tls: tls, url: url)
    case .unableToValidateCertificate, .noCertificateToValidate:
      .untrusted("its certificate is not from this hub's CA")
    case .uncleanShutdown: .unreachable("\(url.authority) cut the connection")
    default: .unreachable("TLS with \(url.authority) failed")
    }
  }

  /// The stack of BoringSSL is only readable as text; its reasons are stable names.
  private static func classify(tls error: BoringSSLError, url: HubURL) -> TransportError {
    let text = String(describing: error)
    func says(_ reasons: String...) -> Bool { reasons.contains { text.contains($0) } }
    if says("CERTIFICATE_VERIFY_FAILED") {
      return .untrusted(
        "its certificate is not from this hub's CA, or not valid at this machine's time")
    }
    if says("ALERT_CERTIFICATE_EXPIRED") { return .certificateRefused("it has expired") }
    if says("ALERT_CERTIFICATE_REVOKED") { return .certificateRefused("it was revoked") }
    if says(
      "ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE_UNKNOWN",
      "ALERT_UNSUPPORTED_CERTIFICATE", "ALERT_CERTIFICATE_REQUIRED", "ALERT_ACCESS_DENIED")
    {
      return .certificateRefused("it was not issued by this hub")
    }
    if says("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST") {
      return .notATributaryHub("\(url.authority) does not speak TLS")
    }
    if says("ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "NO_SUPPORTED_VERSIONS") {
      return .notATributaryHub("\(url.authority) does not speak TLS 1.3")
    }
    return .unreachable("TLS with \(url.authority) failed")
  }

  private static func classify(_ error: HTTPClientError, url: HubURL) -> TransportError {
    switch error {
    case .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout:
      .unreachable(
        "\(url.authority) did not answer within"
          + " \(TransportLimits.connectMillisecondsMax / 1_000) seconds")
    case .readTimeout, .writeTimeout, .deadlineExceeded:
      .unreachable("\(url.authority) fell silent")
    case .remoteConnectionClosed, .uncleanShutdown:
      .unreachable("\(url.authority) closed the connection")
    case .cancelled, .alreadyShutdown: .unreachable("the attempt was stopped")
    default: .unreachable("\(url.authority): \(error.shortDescription)")
    }
  }

  private static func classify(_ error: NIOConnectionError, url: HubURL) -> TransportError {
    if let attempt = error.connectionErrors.first {
      if let system = attempt.error as? IOError {
        return .unreachable("\(url.authority): \(reason(system))")
      }
      return .unreachable("no connection to \(url.authority)")
    }
    return .unreachable("there is no address for the name “\(url.host)”")
  }

  /// Errors of the HTTP parser are of a type that only its module names: bytes came that are no
  /// HTTP.
  private static func classifyByName(_ error: any Error, url: HubURL) -> TransportError {
    if String(reflecting: type(of: error)).contains("HTTPParserError") {
      return .notATributaryHub("\(url.authority) does not speak HTTP")
    }
    return .unreachable("no exchange with \(url.authority) (\(type(of: error)))")
  }

  private static func reason(_ error: IOError) -> String {
    systemErrorText(error.errnoCode)
  }
}
