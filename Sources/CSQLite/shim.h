#ifndef TRIBUTARY_CSQLITE_SHIM_H
#define TRIBUTARY_CSQLITE_SHIM_H
#include <sqlite3.h>

/* Swift cannot import the casts behind SQLITE_STATIC and SQLITE_TRANSIENT, nor variadic functions. */
static inline int tributary_bind_text_static(sqlite3_stmt *s, int i, const void *p, int n) {
  return sqlite3_bind_text(s, i, p ? (const char *)p : "", n, SQLITE_STATIC);
}
static inline int tributary_bind_text_transient(sqlite3_stmt *s, int i, const void *p, int n) {
  return sqlite3_bind_text(s, i, p ? (const char *)p : "", n, SQLITE_TRANSIENT);
}
static inline int tributary_bind_blob_static(sqlite3_stmt *s, int i, const void *p, int n) {
  return n == 0 ? sqlite3_bind_zeroblob(s, i, 0) : sqlite3_bind_blob(s, i, p, n, SQLITE_STATIC);
}
static inline int tributary_bind_blob_transient(sqlite3_stmt *s, int i, const void *p, int n) {
  return n == 0 ? sqlite3_bind_zeroblob(s, i, 0) : sqlite3_bind_blob(s, i, p, n, SQLITE_TRANSIENT);
}
static inline int tributary_db_config_flag(sqlite3 *db, int option, int value) {
  int result = 0;
  return sqlite3_db_config(db, option, value, &result);
}
#endif
