/* What the disk and SQLite's side of it share. */
#ifndef TRIBUTARY_CRASH_DISK_H
#define TRIBUTARY_CRASH_DISK_H
#include <sqlite3.h>

#include "content.h"
#include "include/crash_vfs.h"

enum { SECTOR_BYTES = 512 };

/* A write, or a new size if there are no bytes, that was not synced. */
typedef struct record {
  struct record *next;
  uint64_t number; /* the disk's own count, over all files */
  int64_t offset;  /* or the new size */
  int64_t byte_count;
  uint8_t bytes[];
} record;

/* Shared memory of the connections that have a file open in WAL mode. */
typedef struct shared_memory {
  int users;
  int region_count;
  void **regions;
  int readers[SQLITE_SHM_NLOCK];
  struct handle *writers[SQLITE_SHM_NLOCK];
} shared_memory;

/* A file, whatever its name. */
typedef struct inode {
  int owners; /* names and handles */
  content now;
  content durable;
  record *first, *last; /* unsynced */
  int shared_count;
  struct handle *reserved, *pending, *exclusive;
  shared_memory *memory;
} inode;

typedef struct entry {
  struct entry *next;
  char *name; /* below the folder */
  inode *now;
  inode *durable;
  uint64_t number; /* of the record that made them differ */
} entry;

typedef struct handle {
  sqlite3_file base;
  struct handle *next;
  crash_disk *disk; /* NULL for a file without a name */
  inode *file;
  entry *entry; /* NULL for a file without a name */
  int process;
  int is_dead;
  int level;
  int is_deleted_on_close;
  shared_memory *memory;
  int memory_shared, memory_exclusive; /* bits */
} handle;

struct crash_disk {
  struct crash_disk *next;
  char *folder;
  size_t folder_length;
  entry *entries;
  handle *handles;
  uint64_t random;
  uint64_t record_number;
  int is_recording, is_lying, has_late_names, has_power;
  int process;
  int killed; /* bits */
  int64_t capacity;
  crash_fault fault;
  int is_armed;
  int64_t operation_count, fault_count;
};

/* What an operation comes to before it is done. */
typedef struct verdict {
  int code;      /* SQLITE_OK: go on */
  int happens;   /* whether it is done although it fails */
} verdict;

/* The disk on which a path lies, or NULL. Takes the lock of the list of disks. */
crash_disk *disk_of(const char *path);
const char *name_on(const crash_disk *disk, const char *path);
verdict disk_begin(crash_disk *disk, int operation, int process, int is_dead, int natural_code);
entry *disk_entry(const crash_disk *disk, const char *name, int is_made);
inode *inode_make(void);
void inode_release(inode *file);
uint64_t disk_draw(crash_disk *disk);
int disk_write(crash_disk *disk, inode *file, int64_t offset, const void *bytes, int64_t byte_count);
void disk_resize(crash_disk *disk, inode *file, int64_t size);
void disk_sync(crash_disk *disk, inode *file);
/* A sync that failed: what was not synced may never be, and looks as if it were. */
void disk_forget_unsynced(crash_disk *disk, inode *file);
void disk_sync_names(crash_disk *disk);
void disk_name_changed(crash_disk *disk, entry *entry, int is_synced);
#endif
