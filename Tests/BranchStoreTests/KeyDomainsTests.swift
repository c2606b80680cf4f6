import Deltas
import Storage
import TestSupport
import Testing

@testable import BranchStore

struct KeyDomainsTests {
  /// “table.column: domain”, in the order of names, of what a schema's foreign keys say.
  private func domains(_ sql: String) throws -> [String] {
    let database = try Database(path: ":memory:", mode: .create)
    try database.executeScript(sql)
    let schema = try SchemaReader.read(database, tables: nil)
    let references = try KeyDomains.references(of: schema, in: [database])
    let domains = KeyDomains(schema, references: Array(references))
    return schema.tables.flatMap { table in
      table.columns.compactMap { column in
        let place = KeyDomains.Place(table.id, column.id)
        guard let domain = domains.domains[place],
          let named = schema.tables.first(where: { $0.id == domain })
        else { return nil }
        return "\(table.name).\(column.name): \(named.name)"
      }
    }
  }

  @Test func aKeyAndAllThatRefersToItAreOneDomain() throws {
    #expect(
      try domains(
        """
        CREATE TABLE customer(id INTEGER PRIMARY KEY, boss INT REFERENCES customer, name TEXT);
        CREATE TABLE orders(
          id INTEGER PRIMARY KEY, customer_id INT REFERENCES customer(id), note);
        CREATE TABLE line(
          order_id INT REFERENCES Orders(ID), number INT, PRIMARY KEY(order_id, number));
        CREATE TABLE parcel(
          id TEXT PRIMARY KEY, order_id INT, number INT,
          FOREIGN KEY (order_id, number) REFERENCES line(order_id, number));
        """) == [
          "customer.id: customer", "customer.boss: customer", "line.order_id: orders",
          "orders.id: orders", "orders.customer_id: customer", "parcel.id: parcel",
          "parcel.order_id: orders",
        ])
  }

  @Test func keysThatAreReferencesBelongToWhatTheyReferTo() throws {
    #expect(
      try domains(
        """
        CREATE TABLE person(id INTEGER PRIMARY KEY);
        CREATE TABLE clerk(person INTEGER PRIMARY KEY REFERENCES person);
        CREATE TABLE desk(id INTEGER PRIMARY KEY, clerk INT REFERENCES clerk);
        CREATE TABLE country(code TEXT PRIMARY KEY, number INT UNIQUE);
        CREATE TABLE city(number INT PRIMARY KEY REFERENCES country(number));
        CREATE TABLE a(id INTEGER PRIMARY KEY REFERENCES b);
        CREATE TABLE b(id INTEGER PRIMARY KEY REFERENCES a);
        CREATE TABLE year(year INT, number INT, PRIMARY KEY (year, number));
        """) == [
          "a.id: a", "b.id: a", "city.number: city", "clerk.person: person",
          "country.code: country", "desk.id: desk", "desk.clerk: person", "person.id: person",
          "year.number: year",
        ])
  }

  /// What stands in the way of keys of one's own.
  private func obstacles(
    _ sql: String, references: [OwnKeys.Column: String] = [:], plain: Set<OwnKeys.Column> = []
  ) throws -> [String] {
    let folder = try TemporaryFolder()
    let database = try Database(path: folder.path("a.db"), mode: .create)
    try database.executeScript(sql)
    let schema = try SchemaReader.read(database, tables: nil)
    let space = try #require(KeySpace(1))
    return try BranchStore.obstacles(
      path: database.path, schema: schema,
      ownKeys: OwnKeys(space: space, references: references, plain: plain))
  }

  @Test func whatCannotBeToldIsAskedFor() throws {
    let sql = """
      CREATE TABLE customer(id INTEGER PRIMARY KEY);
      CREATE TABLE orders(OrderID INTEGER PRIMARY KEY, customer_id INT);
      CREATE TABLE line(id INTEGER PRIMARY KEY, OrderID INT REFERENCES orders, customerId INT);
      """
    #expect(
      try obstacles(sql) == [
        "Column “customerId” of table “line” is called like a key of table “customer”, and no"
          + " foreign key says whether it is one.",
        "Column “customer_id” of table “orders” is called like a key of table “customer”, and no"
          + " foreign key says whether it is one.",
      ])
    #expect(
      try obstacles(
        sql, references: [OwnKeys.Column("orders", "customer_id"): "customer"],
        plain: [OwnKeys.Column("line", "customerId")]
      ).isEmpty)
    #expect(
      try obstacles(sql, references: [OwnKeys.Column("orders", "x"): "customer"]) == [
        "There is no column “x” in a table “orders”."
      ])
  }

  /// A key that is called like another table's may hold that one's keys.
  @Test(arguments: [
    "film_id INTEGER PRIMARY KEY", "film_id INT, n INT, PRIMARY KEY (film_id, n)",
    "n INT, film_id INT, PRIMARY KEY (n, film_id)",
  ])
  func aKeyThatMayBeAReferenceIsAskedFor(key: String) throws {
    let found = try obstacles(
      "CREATE TABLE film(film_id INTEGER PRIMARY KEY); CREATE TABLE film_text(text, \(key))")
    #expect(found.count == 1 && found[0].contains("“film_id” of table “film_text”"), "\(found)")
    #expect(
      try obstacles(
        "CREATE TABLE film(film_id INTEGER PRIMARY KEY); CREATE TABLE film_text(text, \(key))",
        references: [OwnKeys.Column("film_text", "film_id"): "film"]
      ).isEmpty)
  }

  @Test func keysThatCannotBeToldApartAreRefused() throws {
    #expect(
      try obstacles(
        """
        CREATE TABLE a(k TEXT COLLATE NOCASE PRIMARY KEY);
        CREATE TABLE b(k BLOB PRIMARY KEY);
        INSERT INTO b VALUES (x'00');
        CREATE TABLE c(k INTEGER PRIMARY KEY);
        CREATE TABLE d(k INTEGER PRIMARY KEY, c TEXT REFERENCES c);
        """) == [
          "Column “k” of table “a” compares by NOCASE: keys that it calls equal cannot be told"
            + " apart.",
          "Column “k” of table “b” holds keys that are neither whole numbers nor texts.",
          "Column “c” of table “d” is declared “TEXT”, and refers to “k” of table “c”, which is"
            + " declared “INTEGER”.",
        ])
  }
}
