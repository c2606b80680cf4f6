import Deltas
import Testing

@testable import TributaryCommand

struct DisplayTests {
  @Test func chineseTakesTwoColumns() {
    #expect(DisplayWidth.of("南山 A") == 6)
    #expect(DisplayWidth.of("e\u{301}") == 1)
    #expect(DisplayWidth.shortened("南山支行", to: 5) == "南山…")
    #expect(DisplayWidth.shortened("short", to: 5) == "short")
  }

  @Test func columnsLineUp() {
    var table = TextTable([.init("name"), .init("rows", isNumber: true)])
    table.append(["南山支行", "1,234"])
    table.append(["Lin", "5"])
    #expect(table.lines() == ["name       rows", "南山支行  1,234", "Lin           5"])
  }

  @Test(
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (1_772_352_930_250, "2026-03-01T08:15:30.250Z"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (253_402_300_800_000, "+10000-01-01T00:00:00.000Z"),
    ] as [(Int64, String)])
  func timesAreISO8601(milliseconds: Int64, text: String) {
    #expect(TimeText.iso8601(milliseconds: milliseconds) == text)
  }

  @Test func everyTimeHasAText() {
    #expect(TimeText.iso8601(milliseconds: .max).hasSuffix("Z"))
    #expect(TimeText.iso8601(milliseconds: .min).hasPrefix("-"))
  }

  @Test func numbersAreGrouped() {
    #expect(NumberText.grouped(0) == "0")
    #expect(NumberText.grouped(-1_234_567) == "-1,234,567")
    #expect(NumberText.grouped(100) == "100")
    #expect(NumberText.counted(1, "row") == "1 row")
    #expect(NumberText.counted(2000, "branch", "branches") == "2,000 branches")
    #expect(NumberText.bytes(999) == "999 bytes")
    #expect(NumberText.bytes(12_345_678) == "12.3 MB")
  }

  @Test func valuesAreToldApart() {
    #expect(ValueText.shown(.null) == "NULL")
    #expect(ValueText.shown(.text("NULL")) == "'NULL'")
    #expect(ValueText.plain(.text("NULL")) == "'NULL'")
    #expect(ValueText.plain(.text("17")) == "'17'")
    #expect(ValueText.plain(.text("")) == "''")
    #expect(ValueText.plain(.text(" x")) == "' x'")
    #expect(ValueText.plain(.text("罗湖 O'Neil")) == "罗湖 O'Neil")
    #expect(ValueText.shown(.text("O'Neil")) == "'O''Neil'")
    #expect(ValueText.shown(.text("a\u{1b}[31m\n")) == "'a\\u{1b}[31m\\n'")
    #expect(ValueText.shown(.text([0x61, 0xff])) == "'a\\xff'")
    #expect(ValueText.shown(.blob([0, 255])) == "x'00ff'")
    #expect(
      ValueText.shown(.blob([UInt8](repeating: 1, count: 1000)))
        == "x'\(String(repeating: "01", count: 16))…' (1,000 bytes)")
    #expect(ValueText.shown(.real(1)) == "1.0")
    #expect(ValueText.shown(.real(-.infinity)) == "-Inf")
  }

  @Test func jsonIsJSON() {
    let document: JSONValue = [
      "a": .array([.integer(.max), .real(-0.0), .null]), "b": "\"\\\n\u{1}南",
      "c": .array([["d": .bool(true)]]), "e": .array([]), "f": .object([]),
    ]
    #expect(
      document.text == """
        {
          "a": [9223372036854775807, -0.0, null],
          "b": "\\"\\\\\\n\\u0001南",
          "c": [
            {
              "d": true
            }
          ],
          "e": [],
          "f": {}
        }
        """)
    #expect(ValueText.json(.text([0xff])).text.contains("\"ff\""))
    #expect(JSONValue.real(.infinity).text == "9e999")
  }

  @Test func timeSpansAreRead() {
    #expect(TimeSpan(argument: "24h")?.milliseconds == 86_400_000)
    for wrong in ["", "h", "0s", "-1s", "1w", "1.5h", "9999999999999999d"] {
      #expect(TimeSpan(argument: wrong) == nil)
    }
  }
}
