/// What a copy of a branch's database enrols with, to get an identity of its own.
package struct ForkOffer: Hashable, Sendable {
  /// Of a token that is good once.
  package var secret: [UInt8]
  /// What people will call the copy.
  package var name: String

  package init(secret: [UInt8], name: String) {
    self.secret = secret
    self.name = name
  }
}
