/* SQLite's side: files, locks and shared memory. */
#include "disk.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static sqlite3_vfs *beneath;

static handle *as_handle(sqlite3_file *file) { return (handle *)file; }

static verdict begin(handle *file, int operation, int natural_code) {
  return disk_begin(file->disk, operation, file->process, file->is_dead, natural_code);
}

/* MARK: Bytes */

static int file_read(sqlite3_file *base, void *bytes, int byte_count, sqlite3_int64 offset) {
  handle *file = as_handle(base);
  verdict verdict = begin(file, CRASH_READ, SQLITE_IOERR_READ);
  if (verdict.code) return verdict.code;
  int64_t there = content_read(&file->file->now, offset, bytes, byte_count);
  return there == byte_count ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *bytes, int byte_count, sqlite3_int64 offset) {
  handle *file = as_handle(base);
  verdict verdict = begin(file, CRASH_WRITE, SQLITE_IOERR_WRITE);
  if (verdict.code && !verdict.happens) return verdict.code;
  int code = disk_write(file->disk, file->file, offset, bytes, byte_count);
  return verdict.code ? verdict.code : code;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
  handle *file = as_handle(base);
  verdict verdict = begin(file, CRASH_TRUNCATE, SQLITE_IOERR_TRUNCATE);
  if (verdict.code && !verdict.happens) return verdict.code;
  disk_resize(file->disk, file->file, size);
  return verdict.code;
}

static int file_sync(sqlite3_file *base, int flags) {
  handle *file = as_handle(base);
  (void)flags;
  verdict verdict = begin(file, CRASH_SYNC, SQLITE_IOERR_FSYNC);
  if (!file->disk) return verdict.code;
  if (verdict.code) {
    /* A power loss in the middle is drawn when power comes back. */
    if (file->disk->has_power && !file->is_dead) disk_forget_unsynced(file->disk, file->file);
    return verdict.code;
  }
  disk_sync(file->disk, file->file);
  /* SQLite's own file system does the same for a file that it has made. */
  if (file->entry && file->entry->durable != file->file) disk_sync_names(file->disk);
  return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size) {
  handle *file = as_handle(base);
  if (file->is_dead) return SQLITE_IOERR_FSTAT;
  *size = file->file->now.size;
  return SQLITE_OK;
}

/* MARK: Locks

   https://sqlite.org/lockingv3.html. A dead connection keeps its locks until it is closed. */

static int file_lock(sqlite3_file *base, int level) {
  handle *file = as_handle(base);
  inode *inode = file->file;
  if (file->level >= level) return SQLITE_OK;
  verdict verdict = begin(file, CRASH_LOCK, SQLITE_IOERR_LOCK);
  if (verdict.code) return verdict.code;
  if (level == SQLITE_LOCK_SHARED) {
    if (inode->pending || inode->exclusive) return SQLITE_BUSY;
    inode->shared_count++;
    file->level = level;
    return SQLITE_OK;
  }
  if (inode->reserved && inode->reserved != file) return SQLITE_BUSY;
  if (level == SQLITE_LOCK_RESERVED) {
    inode->reserved = file;
    file->level = level;
    return SQLITE_OK;
  }
  if (inode->pending && inode->pending != file) return SQLITE_BUSY;
  inode->pending = file;
  if (inode->shared_count > 1) {
    if (file->level >= SQLITE_LOCK_RESERVED) {
      file->level = SQLITE_LOCK_PENDING;
    } else {
      inode->pending = NULL;
    }
    return SQLITE_BUSY;
  }
  inode->exclusive = file;
  file->level = SQLITE_LOCK_EXCLUSIVE;
  return SQLITE_OK;
}

static int file_unlock(sqlite3_file *base, int level) {
  handle *file = as_handle(base);
  inode *inode = file->file;
  if (file->level <= level) return SQLITE_OK;
  if (inode->reserved == file) inode->reserved = NULL;
  if (inode->pending == file) inode->pending = NULL;
  if (inode->exclusive == file) inode->exclusive = NULL;
  if (level == SQLITE_LOCK_NONE) inode->shared_count--;
  file->level = level;
  return SQLITE_OK;
}

static int file_check_reserved(sqlite3_file *base, int *result) {
  const inode *inode = as_handle(base)->file;
  *result = inode->reserved || inode->pending || inode->exclusive;
  return SQLITE_OK;
}

/* MARK: Shared memory */

static int shm_map(
    sqlite3_file *base, int region, int byte_count, int is_made, void volatile **result) {
  handle *file = as_handle(base);
  *result = NULL;
  if (file->is_dead) return SQLITE_IOERR_SHMMAP;
  if (!file->memory) {
    if (!file->file->memory) file->file->memory = calloc(1, sizeof(shared_memory));
    file->memory = file->file->memory;
    file->memory->users++;
  }
  shared_memory *memory = file->memory;
  if (region >= memory->region_count) {
    if (!is_made) return SQLITE_OK;
    memory->regions = realloc(memory->regions, (size_t)(region + 1) * sizeof(void *));
    while (memory->region_count <= region) {
      memory->regions[memory->region_count++] = calloc(1, (size_t)byte_count);
    }
  }
  *result = memory->regions[region];
  return SQLITE_OK;
}

static void shm_release(handle *file, int bits) {
  for (int slot = 0; slot < SQLITE_SHM_NLOCK; slot++) {
    if (!(bits >> slot & 1)) continue;
    if (file->memory_shared >> slot & 1) file->memory->readers[slot]--;
    if (file->memory->writers[slot] == file) file->memory->writers[slot] = NULL;
  }
  file->memory_shared &= ~bits;
  file->memory_exclusive &= ~bits;
}

static int shm_lock(sqlite3_file *base, int offset, int count, int flags) {
  handle *file = as_handle(base);
  shared_memory *memory = file->memory;
  if (!memory) return SQLITE_IOERR_SHMLOCK;
  int bits = ((1 << count) - 1) << offset;
  if (flags & SQLITE_SHM_UNLOCK) {
    shm_release(file, bits);
    return SQLITE_OK;
  }
  verdict verdict = begin(file, CRASH_LOCK, SQLITE_IOERR_SHMLOCK);
  if (verdict.code) return verdict.code;
  for (int slot = offset; slot < offset + count; slot++) {
    if (memory->writers[slot] && memory->writers[slot] != file) return SQLITE_BUSY;
    int own = file->memory_shared >> slot & 1;
    if (flags & SQLITE_SHM_EXCLUSIVE && memory->readers[slot] > own) return SQLITE_BUSY;
  }
  for (int slot = offset; slot < offset + count; slot++) {
    if (flags & SQLITE_SHM_EXCLUSIVE) {
      memory->writers[slot] = file;
    } else if (!(file->memory_shared >> slot & 1)) {
      memory->readers[slot]++;
    }
  }
  if (flags & SQLITE_SHM_EXCLUSIVE) {
    file->memory_exclusive |= bits;
  } else {
    file->memory_shared |= bits;
  }
  return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *base) {
  (void)base;
  __sync_synchronize();
}

static int shm_unmap(sqlite3_file *base, int is_deleted) {
  handle *file = as_handle(base);
  shared_memory *memory = file->memory;
  (void)is_deleted;
  if (!memory) return SQLITE_OK;
  shm_release(file, (1 << SQLITE_SHM_NLOCK) - 1);
  file->memory = NULL;
  if (--memory->users > 0) return SQLITE_OK;
  for (int region = 0; region < memory->region_count; region++) free(memory->regions[region]);
  free(memory->regions);
  free(memory);
  file->file->memory = NULL;
  return SQLITE_OK;
}

/* MARK: Opening and closing */

static int file_close(sqlite3_file *base) {
  handle *file = as_handle(base);
  shm_unmap(base, 0);
  file_unlock(base, SQLITE_LOCK_NONE);
  if (file->disk) {
    handle **place = &file->disk->handles;
    while (*place && *place != file) place = &(*place)->next;
    if (*place) *place = file->next;
    if (file->is_deleted_on_close && !file->is_dead && file->entry->now == file->file) {
      file->entry->now = NULL;
      inode_release(file->file);
      disk_name_changed(file->disk, file->entry, 0);
    }
  }
  inode_release(file->file);
  return SQLITE_OK;
}

static int file_control(sqlite3_file *base, int operation, void *argument) {
  (void)base;
  if (operation == SQLITE_FCNTL_VFSNAME) {
    *(char **)argument = sqlite3_mprintf("tributary-crash");
    return SQLITE_OK;
  }
  return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *base) {
  (void)base;
  return 4096;
}

static int characteristics(sqlite3_file *base) {
  (void)base;
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    2, file_close, file_read, file_write, file_truncate, file_sync, file_size, file_lock,
    file_unlock, file_check_reserved, file_control, sector_size, characteristics, shm_map,
    shm_lock, shm_barrier, shm_unmap, NULL, NULL};

static int vfs_open(
    sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *flags_out) {
  (void)vfs;
  crash_disk *disk = path ? disk_of(path) : NULL;
  if (path && !disk) return beneath->xOpen(beneath, path, base, flags, flags_out);
  handle *file = as_handle(base);
  memset(file, 0, sizeof *file);
  if (flags_out) *flags_out = flags;
  if (!disk) {
    file->file = inode_make();
    file->base.pMethods = &methods;
    return SQLITE_OK;
  }
  verdict verdict = disk_begin(disk, CRASH_OPEN, disk->process, 0, SQLITE_CANTOPEN);
  if (verdict.code) return verdict.code;
  entry *found = disk_entry(disk, name_on(disk, path), flags & SQLITE_OPEN_CREATE);
  if (!found || (!found->now && !(flags & SQLITE_OPEN_CREATE))) return SQLITE_CANTOPEN;
  if (found->now && flags & SQLITE_OPEN_EXCLUSIVE) return SQLITE_CANTOPEN;
  if (!found->now) {
    found->now = inode_make();
    disk_name_changed(disk, found, 0);
  }
  found->now->owners++;
  file->file = found->now;
  file->entry = found;
  file->disk = disk;
  file->process = disk->process;
  file->is_deleted_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  file->next = disk->handles;
  disk->handles = file;
  file->base.pMethods = &methods;
  return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int is_synced) {
  (void)vfs;
  crash_disk *disk = disk_of(path);
  if (!disk) return beneath->xDelete(beneath, path, is_synced);
  verdict verdict = disk_begin(disk, CRASH_DELETE, disk->process, 0, SQLITE_IOERR_DELETE);
  if (verdict.code && !verdict.happens) return verdict.code;
  entry *found = disk_entry(disk, name_on(disk, path), 0);
  if (!found || !found->now) return verdict.code ? verdict.code : SQLITE_IOERR_DELETE_NOENT;
  inode_release(found->now);
  found->now = NULL;
  disk_name_changed(disk, found, is_synced && !verdict.code);
  return verdict.code;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
  (void)vfs;
  crash_disk *disk = disk_of(path);
  if (!disk) return beneath->xAccess(beneath, path, flags, result);
  if (!disk->has_power || disk->killed >> disk->process & 1) return SQLITE_IOERR_ACCESS;
  entry *found = disk_entry(disk, name_on(disk, path), 0);
  *result = found && found->now && (flags != SQLITE_ACCESS_EXISTS || found->now->now.size > 0);
  return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int byte_count, char *result) {
  (void)vfs;
  if (!disk_of(path)) return beneath->xFullPathname(beneath, path, byte_count, result);
  sqlite3_snprintf(byte_count, result, "%s", path);
  return SQLITE_OK;
}

/* MARK: What the machine does */

static void *vfs_dl_open(sqlite3_vfs *vfs, const char *path) {
  (void)vfs;
  return beneath->xDlOpen(beneath, path);
}

static void vfs_dl_error(sqlite3_vfs *vfs, int byte_count, char *message) {
  (void)vfs;
  beneath->xDlError(beneath, byte_count, message);
}

static void (*vfs_dl_symbol(sqlite3_vfs *vfs, void *library, const char *symbol))(void) {
  (void)vfs;
  return beneath->xDlSym(beneath, library, symbol);
}

static void vfs_dl_close(sqlite3_vfs *vfs, void *library) {
  (void)vfs;
  beneath->xDlClose(beneath, library);
}

static int vfs_randomness(sqlite3_vfs *vfs, int byte_count, char *bytes) {
  (void)vfs;
  return beneath->xRandomness(beneath, byte_count, bytes);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
  (void)vfs;
  return beneath->xSleep(beneath, microseconds);
}

static int vfs_time(sqlite3_vfs *vfs, double *result) {
  (void)vfs;
  return beneath->xCurrentTime(beneath, result);
}

static int vfs_last_error(sqlite3_vfs *vfs, int byte_count, char *message) {
  (void)vfs;
  return beneath->xGetLastError(beneath, byte_count, message);
}

static int vfs_time_milliseconds(sqlite3_vfs *vfs, sqlite3_int64 *result) {
  (void)vfs;
  return beneath->xCurrentTimeInt64(beneath, result);
}

static int registration;

static void register_once(void) {
  static sqlite3_vfs ours = {
      2, 0, 0, NULL, "tributary-crash", NULL, vfs_open, vfs_delete, vfs_access, vfs_full_path,
      vfs_dl_open, vfs_dl_error, vfs_dl_symbol, vfs_dl_close, vfs_randomness, vfs_sleep, vfs_time,
      vfs_last_error, vfs_time_milliseconds, NULL, NULL, NULL};
  beneath = sqlite3_vfs_find(NULL);
  registration = SQLITE_ERROR;
  if (!beneath) return;
  ours.mxPathname = beneath->mxPathname;
  ours.szOsFile = beneath->szOsFile;
  if ((int)sizeof(handle) > ours.szOsFile) ours.szOsFile = sizeof(handle);
  registration = sqlite3_vfs_register(&ours, 1);
}

int crash_vfs_register(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, register_once);
  return registration;
}
