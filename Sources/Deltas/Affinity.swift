/// How SQLite converts what is stored in a column. https://sqlite.org/datatype3.html#determination_of_column_affinity
package enum Affinity: UInt8, Hashable, Sendable {
  case text = 1
  case numeric
  case integer
  case real
  case blob
}
