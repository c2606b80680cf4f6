internal import Sessions
internal import Transport

/// Asks the hub single questions: as a device that has joined, or with a token before joining.
enum HubLine {
  case device(HubConnection)
  case token(HubPreview)

  /// The answer; a refusal is thrown.
  func ask(_ request: HubRequest) async throws -> HubResponse {
    let response: HubResponse
    switch self {
    case .device(let connection): response = try await connection.send(request).response
    case .token(let preview): response = try await preview.send(request)
    }
    if case .refused(let refusal) = response { throw refusal }
    return response
  }

  func describe() async throws -> HubDescription {
    guard case .description(let description) = try await ask(.describe) else {
      throw Self.unexpectedAnswer
    }
    return description
  }

  func close() async {
    switch self {
    case .device(let connection): await connection.close()
    case .token(let preview): await preview.close()
    }
  }

  /// For an answer of another kind than the question.
  static let unexpectedAnswer = TransportError.notATributaryHub(
    "its answer does not belong to the question")
}
