-- The tables of policy.example.yaml: a chain of shops. To try the example:
--   sqlite3 shop.db < policy.example.sql
--   tributary policy check policy.example.yaml --like shop.db

CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  phone TEXT,
  street TEXT,
  city TEXT,
  postcode TEXT,
  points INTEGER NOT NULL DEFAULT 0,
  tags TEXT,
  notes TEXT,
  tier TEXT,
  status TEXT,
  credit_limit INTEGER,
  first_visit TEXT,
  last_visit TEXT,
  home_branch INTEGER
);

CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER REFERENCES customers (id),
  placed TEXT NOT NULL,
  state TEXT NOT NULL,
  remark TEXT
);

CREATE TABLE order_lines (
  order_id INTEGER NOT NULL REFERENCES orders (id),
  line INTEGER NOT NULL,
  sku TEXT NOT NULL REFERENCES products (sku),
  quantity INTEGER NOT NULL,
  PRIMARY KEY (order_id, line)
);

CREATE TABLE products (
  sku TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  price INTEGER NOT NULL,
  lowest_price INTEGER,
  stock INTEGER NOT NULL DEFAULT 0,
  discontinued TEXT
);

-- An older program made this table, without saying whose the numbers are.
CREATE TABLE payments (
  id TEXT PRIMARY KEY,
  customer INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  paid TEXT NOT NULL
);

CREATE TABLE till_log (
  till TEXT NOT NULL,
  number INTEGER NOT NULL,
  what TEXT NOT NULL,
  PRIMARY KEY (till, number)
);

CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT
);
