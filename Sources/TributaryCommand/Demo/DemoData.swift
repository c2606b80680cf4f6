/// What the demo's branches know: a schema, and customers invented for it.
///
/// Written into the program, so that an installed one needs nothing beside it. A test holds it to
/// the files of Fixtures/Customers.
enum DemoData {
  /// schema.sql
  static let schema = #"""
    -- The customers of a small bank: who they are, whom to ask for, who was there and when.
    CREATE TABLE customer (
      customer_id  TEXT NOT NULL PRIMARY KEY,
      name         TEXT NOT NULL,
      english_name TEXT,
      kind         TEXT NOT NULL CHECK (kind IN ('company', 'person')),
      phone        TEXT,
      email        TEXT,
      district     TEXT,
      address      TEXT,
      manager      TEXT,
      note         TEXT
    );

    CREATE TABLE contact (
      customer_id TEXT NOT NULL REFERENCES customer ON DELETE CASCADE,
      number      INTEGER NOT NULL,
      name        TEXT NOT NULL,
      role        TEXT,
      phone       TEXT,
      PRIMARY KEY (customer_id, number)
    ) WITHOUT ROWID;

    CREATE TABLE visit (
      visit_id    TEXT NOT NULL PRIMARY KEY,
      customer_id TEXT NOT NULL REFERENCES customer ON DELETE CASCADE,
      day         TEXT NOT NULL,
      visitor     TEXT NOT NULL,
      report      TEXT
    );

    CREATE INDEX customer_by_name ON customer (name);
    CREATE INDEX visit_by_customer ON visit (customer_id, day);

    CREATE VIEW customer_overview AS
    SELECT c.customer_id, c.name, c.phone,
           (SELECT count(*) FROM contact WHERE contact.customer_id = c.customer_id) AS contacts,
           (SELECT max(day) FROM visit WHERE visit.customer_id = c.customer_id) AS last_visit
    FROM customer AS c;

    """#

  /// contacts.csv
  static let contacts = #"""
    customer_id,number,name,role,phone
    NS-0001,1,沈立群,Finance,0755-5550-0151
    NS-0001,2,Ruth Calloway,Purchasing,+44 20 7946 0152
    NS-0003,1,Tang Kai,Owner,138-5550-0153
    NS-0005,1,欧阳清,Dispatch,0755-5550-0154
    NS-0009,1,Neil Finch,Director,+44 20 7946 0155
    NS-0013,1,马建国,Owner,139-5550-0156
    NS-0016,1,Ebba Södergren,Founder,+46 8 5550 0157
    NS-0018,1,江雪,Payroll,0755-5550-0158
    NS-0021,1,Priya Raman,Treasurer,+1 415 555 0159
    LH-0001,1,金玉明,Owner,136-5550-0251
    LH-0001,2,金晓雯,Accounts,136-5550-0252
    LH-0004,1,卢振华,Yard,137-5550-0253
    LH-0005,1,Inês Pereira,Owner,+351 21 555 0254
    LH-0010,1,姚倩,Groups,0755-5550-0255
    LH-0015,1,Jana Novak,Partner,+420 555 020 256
    LH-0020,1,温家豪,Logistics,135-5550-0257

    """#
}
