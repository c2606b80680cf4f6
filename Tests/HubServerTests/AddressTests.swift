import Clocks
import HubServer
import Sessions
import Testing
import Transport

@Suite(.timeLimit(.minutes(1))) struct AddressTests {
  @Test(arguments: ["127.0.0.1", "localhost", "127.0.0.2"])
  func theCertificateNamesWhereTheHubListens(_ host: String) async throws {
    try await ServerWorld.serve(listen: host) { world in
      #expect(world.url.host == host)
      guard case .success = try await world.ask(.describe, as: try world.device(1)) else {
        Issue.record("\(host) was not accepted.")
        return
      }
    }
  }

  @Test func everyAddressIsServedUnderANameOfTheCertificate() async throws {
    try await ServerWorld.serve(listen: "0.0.0.0") { world in
      #expect(world.url.host == "localhost")
      guard case .success = try await world.ask(.describe, as: try world.device(1)) else {
        Issue.record("localhost was not accepted.")
        return
      }
    }
  }

  @Test func addressesOfVersion6() async throws {
    do {
      try await ServerWorld.serve(listen: "::1") { world in
        #expect(world.url.description.hasPrefix("https://[::1]:"))
        guard case .success = try await world.ask(.describe, as: try world.device(1)) else {
          Issue.record("::1 was not accepted.")
          return
        }
      }
    } catch HubServerError.cannotListen {
      // This machine has no IPv6.
    }
  }
}
