#ifndef TRIBUTARY_CSQLITE_SESSION_SHIM_H
#define TRIBUTARY_CSQLITE_SESSION_SHIM_H
/* Debian's library has both; the header shows them only when asked. */
#define SQLITE_ENABLE_SESSION 1
#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include <sqlite3.h>

static inline int tributary_bind_bytes(sqlite3_stmt *s, int i, const void *p, int n) {
  return sqlite3_bind_text(s, i, (const char *)p, n, SQLITE_STATIC);
}
#endif
