#ifndef TRIBUTARY_CSQLITE_SHIM_H
#define TRIBUTARY_CSQLITE_SHIM_H
#include <sqlite3.h>
#include <stdint.h>
#include <unistd.h>

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

/* SQLite's own count of allocated bytes takes a lock at every allocation. Works only before the first
   connection of the process is opened, and may fail without harm. */
static inline int tributary_count_no_memory(void) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/* Asks for the lock every millisecond. SQLite's own waits grow to a tenth of a second, and a program
   that writes one transaction after the other then leaves no gap that is ever hit. */
static inline int tributary_ask_again(void *attempts_max, int attempt) {
  if (attempt >= (intptr_t)attempts_max) return 0;
  usleep(1000);
  return 1;
}
static inline int tributary_wait_for_locks(sqlite3 *db, int milliseconds) {
  return sqlite3_busy_handler(db, tributary_ask_again, (void *)(intptr_t)milliseconds);
}
#endif
