/// An invented customer: a random key and eight columns, Chinese and English, about 195 bytes.
struct Customer {
  var id: [UInt8]
  /// name, phone, email, address, tier, notes, updated_by.
  var texts: [[UInt8]]
  var balanceCents: Int64

  static let tableSQL = """
    CREATE TABLE customer (
      id TEXT PRIMARY KEY NOT NULL, name TEXT, phone TEXT, email TEXT, address TEXT, tier TEXT,
      notes TEXT, balance INTEGER, updated_by TEXT)
    """
  static let insertSQL = "INSERT INTO customer VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
  static let updateSQL = "UPDATE customer SET balance = ? WHERE id = ?"

  init(random: inout SplitMix) {
    let family = random.pick(["王", "李", "张", "陈", "Smith", "Garcia", "Müller", "Okafor"])
    let given = random.pick(["芳", "伟", "秀英", "敏", "Anna", "José", "Liam", "Chidi"])
    let city = random.pick(["深圳市南山区", "广州市天河区", "Springfield", "Riverside"])
    let number = random.next() % 100_000
    id = Array(random.uuid().utf8)
    texts = [
      "\(family)\(given)\(number)", "0755-\(10_000_000 + random.next() % 80_000_000)",
      "user\(number).\(random.next() % 1000)@example.com",
      "\(city) \(random.pick(["科技园路", "High Street", "人民南路"])) \(random.next() % 900) 号",
      random.pick(["gold", "silver", "普通"]),
      (0..<6).map { _ in random.pick(["prefers", "电话", "morning", "送货", "invoice", "回访"]) }
        .joined(separator: " "),
      random.pick(["南山支行", "罗湖支行", "field rep 7"]),
    ].map { Array($0.utf8) }
    balanceCents = Int64(random.next() % 10_000_000)
  }

  static func make(_ count: Int, seed: UInt64) -> [Customer] {
    var random = SplitMix(state: seed)
    return (0..<count).map { _ in Customer(random: &random) }
  }
}

/// The same rows in every run.
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  mutating func pick(_ choices: [String]) -> String {
    choices[Int(next() % UInt64(choices.count))]
  }

  /// A random UUID of version 4, as text.
  mutating func uuid() -> String {
    let high = (next() & 0xffff_ffff_ffff_0fff) | 0x4000
    let low = (next() & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000
    func digits(_ value: UInt64) -> String {
      let text = String(value, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }
    let text = Array(digits(high) + digits(low))
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(text[$0]) }
      .joined(separator: "-")
  }
}
