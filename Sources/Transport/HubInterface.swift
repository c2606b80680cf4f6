/// The names that both ends of a connection use.
package enum HubInterface {
  package static let contentType = "application/vnd.tributary.v1"
  package static let authorityContentType = "application/x-pem-file"
  package static let syncPath = "/v1/sync"
  package static let enrolPath = "/v1/enrol"
  package static let previewPath = "/v1/preview"
  package static let authorityPath = "/v1/ca"
  package static let healthPath = "/healthz"
  package static let defaultPort = 8443

  /// Whether a Content-Type header names our format; parameters after a semicolon do not count.
  package static func isOurs(contentType: String?) -> Bool {
    mediaType(of: contentType)?.lowercased() == Self.contentType
  }

  /// The media type alone, without parameters and spaces.
  package static func mediaType(of contentType: String?) -> String? {
    guard let contentType else { return nil }
    let type = contentType.prefix { $0 != ";" }
    let trimmed = type.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
    return trimmed.isEmpty ? nil : String(trimmed)
  }
}
