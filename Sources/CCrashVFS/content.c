#include "content.h"

#include <stdlib.h>
#include <string.h>

/* Images are shared between disks, and disks may be used by several threads. */
static void retain(chunk *shared) {
  if (shared) __atomic_add_fetch(&shared->owners, 1, __ATOMIC_RELAXED);
}

static void release(chunk *shared) {
  if (shared && __atomic_sub_fetch(&shared->owners, 1, __ATOMIC_ACQ_REL) == 0) free(shared);
}

void content_clear(content *content) {
  for (size_t i = 0; i < content->count; i++) release(content->chunks[i]);
  free(content->chunks);
  memset(content, 0, sizeof *content);
}

void content_share(content *to, const content *from) {
  *to = *from;
  to->room = from->count;
  to->chunks = from->count ? malloc(from->count * sizeof *to->chunks) : NULL;
  for (size_t i = 0; i < from->count; i++) {
    to->chunks[i] = from->chunks[i];
    retain(to->chunks[i]);
  }
}

/* The chunk, ours alone, to be written. */
static chunk *own(content *content, size_t index) {
  chunk *old = content->chunks[index];
  if (old && __atomic_load_n(&old->owners, __ATOMIC_ACQUIRE) == 1) return old;
  chunk *made = malloc(sizeof *made);
  made->owners = 1;
  if (old) {
    memcpy(made->bytes, old->bytes, CHUNK_BYTES);
    release(old);
  } else {
    memset(made->bytes, 0, CHUNK_BYTES);
  }
  content->chunks[index] = made;
  return made;
}

void content_resize(content *content, int64_t size) {
  size_t count = (size_t)((size + CHUNK_BYTES - 1) / CHUNK_BYTES);
  if (size < content->size) {
    for (size_t i = count; i < content->count; i++) release(content->chunks[i]);
    if (count < content->count) content->count = count;
    size_t used = (size_t)(size % CHUNK_BYTES);
    /* What lies behind the end is zeros, also once the file grows again. */
    if (used && content->chunks[count - 1]) {
      memset(own(content, count - 1)->bytes + used, 0, CHUNK_BYTES - used);
    }
  } else if (count > content->count) {
    if (count > content->room) {
      content->room = count + content->room / 2 + 4;
      content->chunks = realloc(content->chunks, content->room * sizeof *content->chunks);
    }
    memset(content->chunks + content->count, 0, (count - content->count) * sizeof(chunk *));
    content->count = count;
  }
  content->size = size;
}

int64_t content_read(const content *content, int64_t offset, void *bytes, int64_t byte_count) {
  int64_t there = content->size - offset;
  if (there < 0) there = 0;
  if (there > byte_count) there = byte_count;
  uint8_t *to = bytes;
  for (int64_t done = 0; done < there;) {
    size_t start = (size_t)((offset + done) % CHUNK_BYTES);
    size_t length = CHUNK_BYTES - start;
    if ((int64_t)length > there - done) length = (size_t)(there - done);
    const chunk *from = content->chunks[(offset + done) / CHUNK_BYTES];
    if (from) {
      memcpy(to + done, from->bytes + start, length);
    } else {
      memset(to + done, 0, length);
    }
    done += (int64_t)length;
  }
  memset(to + there, 0, (size_t)(byte_count - there));
  return there;
}

void content_write(content *content, int64_t offset, const void *bytes, int64_t byte_count) {
  if (offset + byte_count > content->size) content_resize(content, offset + byte_count);
  const uint8_t *from = bytes;
  for (int64_t done = 0; done < byte_count;) {
    size_t start = (size_t)((offset + done) % CHUNK_BYTES);
    size_t length = CHUNK_BYTES - start;
    if ((int64_t)length > byte_count - done) length = (size_t)(byte_count - done);
    memcpy(own(content, (size_t)((offset + done) / CHUNK_BYTES))->bytes + start, from + done, length);
    done += (int64_t)length;
  }
}
