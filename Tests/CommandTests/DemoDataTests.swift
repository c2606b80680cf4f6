import Foundation
import TestSupport
import Testing

@testable import TributaryCommand

struct DemoDataTests {
  @Test(arguments: [
    ("schema.sql", DemoData.schema), ("customers.csv", DemoData.customers),
    ("contacts.csv", DemoData.contacts),
  ])
  func theProgramCarriesTheFixtures(file: String, text: String) throws {
    let fixture = try String(contentsOf: fixture("Customers/\(file)"), encoding: .utf8)
    #expect(fixture == text)
  }

  @Test func everyRecordIsWhole() {
    #expect(CSVText.records(DemoData.customers).count == 48)
    #expect(CSVText.records(DemoData.customers).allSatisfy { $0.count == 10 })
    #expect(CSVText.records(DemoData.contacts).allSatisfy { $0.count == 5 })
    #expect(CSVText.records("head\n\"a,b\",c\n") == [["a,b", "c"]])
  }
}
