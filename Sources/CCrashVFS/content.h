/* A file's bytes, in chunks that several contents share until one of them is written. */
#ifndef TRIBUTARY_CRASH_CONTENT_H
#define TRIBUTARY_CRASH_CONTENT_H
#include <stddef.h>
#include <stdint.h>

enum { CHUNK_BYTES = 4096 };

typedef struct chunk {
  uint32_t owners;
  uint8_t bytes[CHUNK_BYTES];
} chunk;

/* A chunk that is not there holds zeros. */
typedef struct content {
  chunk **chunks;
  size_t count;
  size_t room;
  int64_t size;
} content;

void content_clear(content *content);
/* `to` must be empty. */
void content_share(content *to, const content *from);
void content_resize(content *content, int64_t size);
/* Both tell how many bytes there were; what lies behind the end is read as zeros. */
int64_t content_read(const content *content, int64_t offset, void *bytes, int64_t byte_count);
void content_write(content *content, int64_t offset, const void *bytes, int64_t byte_count);
#endif
