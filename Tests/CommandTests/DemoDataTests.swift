import Foundation
import TestSupport
import Testing

@testable import TributaryCommand

struct DemoDataTests {
  @Test(arguments: ["schema.sql", "customers.csv", "contacts.csv"])
  func theProgramCarriesTheFixtures(file: String) throws {
    let carried = [
      "schema.sql": DemoData.schema, "customers.csv": DemoData.customers,
      "contacts.csv": DemoData.contacts,
    ]
    let isSame =
      try String(contentsOf: fixture("Customers/\(file)"), encoding: .utf8) == carried[file]
    #expect(isSame)
  }

  @Test func everyRecordIsWhole() {
    #expect(CSVText.records(DemoData.customers).count == 48)
    #expect(CSVText.records(DemoData.customers).allSatisfy { $0.count == 10 })
    #expect(CSVText.records(DemoData.contacts).allSatisfy { $0.count == 5 })
    #expect(CSVText.records("head\n\"a,b\",c\n") == [["a,b", "c"]])
  }
}
