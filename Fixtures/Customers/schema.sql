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
