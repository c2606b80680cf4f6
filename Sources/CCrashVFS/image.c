/* Whole disks copied and put back, and files damaged. */
#include <stdlib.h>
#include <string.h>

#include "disk.h"

typedef struct image_file {
  char *name;
  content content;
} image_file;

struct crash_image {
  size_t count;
  image_file files[];
};

crash_image *crash_disk_image(const crash_disk *disk) {
  size_t count = 0;
  for (const entry *each = disk->entries; each; each = each->next) count += each->now != NULL;
  crash_image *made = malloc(sizeof *made + count * sizeof(image_file));
  made->count = 0;
  for (const entry *each = disk->entries; each; each = each->next) {
    if (!each->now) continue;
    image_file *file = &made->files[made->count++];
    file->name = strdup(each->name);
    content_share(&file->content, &each->now->now);
  }
  return made;
}

void crash_disk_put_image(crash_disk *disk, const crash_image *image) {
  for (handle *each = disk->handles; each; each = each->next) each->is_dead = 1;
  for (entry *each = disk->entries; each; each = each->next) {
    inode_release(each->now);
    inode_release(each->durable);
    each->now = each->durable = NULL;
  }
  for (size_t i = 0; i < image->count; i++) {
    entry *place = disk_entry(disk, image->files[i].name, 1);
    place->now = place->durable = inode_make();
    place->now->owners++;
    content_share(&place->now->now, &image->files[i].content);
    content_share(&place->now->durable, &image->files[i].content);
  }
  disk->has_power = 1;
  disk->killed = 0;
  disk->is_armed = 0;
}

void crash_image_free(crash_image *image) {
  if (!image) return;
  for (size_t i = 0; i < image->count; i++) {
    free(image->files[i].name);
    content_clear(&image->files[i].content);
  }
  free(image);
}

int64_t crash_image_byte_count(const crash_image *image) {
  int64_t sum = 0;
  for (size_t i = 0; i < image->count; i++) sum += image->files[i].content.size;
  return sum;
}

/* MARK: Damage */

static inode *file_named(const crash_disk *disk, const char *name) {
  entry *found = disk_entry(disk, name, 0);
  return found ? found->now : NULL;
}

int64_t crash_disk_file_size(const crash_disk *disk, const char *name) {
  inode *file = file_named(disk, name);
  return file ? file->now.size : 0;
}

int64_t crash_disk_read(
    const crash_disk *disk, const char *name, int64_t offset, void *bytes, int64_t byte_count) {
  inode *file = file_named(disk, name);
  return file ? content_read(&file->now, offset, bytes, byte_count) : 0;
}

/* In what is seen now and in what is durable, as far as they reach. */
static void overwrite(inode *file, int64_t offset, const uint8_t *bytes, int64_t byte_count) {
  content *contents[] = {&file->now, &file->durable};
  for (int i = 0; i < 2; i++) {
    int64_t there = contents[i]->size - offset;
    if (there > byte_count) there = byte_count;
    if (there > 0) content_write(contents[i], offset, bytes, there);
  }
}

int crash_disk_flip_bit(crash_disk *disk, const char *name, int64_t bit) {
  inode *file = file_named(disk, name);
  if (!file || bit < 0 || bit / 8 >= file->now.size) return 0;
  uint8_t byte;
  content_read(&file->now, bit / 8, &byte, 1);
  byte ^= (uint8_t)(1 << bit % 8);
  overwrite(file, bit / 8, &byte, 1);
  return 1;
}

int crash_disk_clear(crash_disk *disk, const char *name, int64_t offset, int64_t byte_count) {
  inode *file = file_named(disk, name);
  if (!file || offset < 0 || offset >= file->now.size) return 0;
  uint8_t *zeros = calloc(1, (size_t)byte_count);
  overwrite(file, offset, zeros, byte_count);
  free(zeros);
  return 1;
}

int crash_disk_shorten(crash_disk *disk, const char *name, int64_t size) {
  inode *file = file_named(disk, name);
  if (!file || size < 0 || size >= file->now.size) return 0;
  content_resize(&file->now, size);
  if (file->durable.size > size) content_resize(&file->durable, size);
  return 1;
}
