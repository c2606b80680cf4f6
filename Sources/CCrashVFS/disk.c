#include "disk.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t disks_lock = PTHREAD_MUTEX_INITIALIZER;
static crash_disk *disks;

/* MARK: Mounting */

crash_disk *crash_disk_mount(const char *folder, uint64_t seed) {
  crash_disk *disk = calloc(1, sizeof *disk);
  disk->folder = strdup(folder);
  disk->folder_length = strlen(folder);
  disk->random = seed;
  disk->is_recording = disk->has_late_names = disk->has_power = 1;
  disk->capacity = -1;
  pthread_mutex_lock(&disks_lock);
  disk->next = disks;
  disks = disk;
  pthread_mutex_unlock(&disks_lock);
  return disk;
}

static void remove_entries(crash_disk *disk) {
  for (entry *each = disk->entries; each;) {
    entry *next = each->next;
    inode_release(each->now);
    inode_release(each->durable);
    free(each->name);
    free(each);
    each = next;
  }
  disk->entries = NULL;
}

void crash_disk_unmount(crash_disk *disk) {
  pthread_mutex_lock(&disks_lock);
  crash_disk **place = &disks;
  while (*place && *place != disk) place = &(*place)->next;
  if (*place) *place = disk->next;
  pthread_mutex_unlock(&disks_lock);
  /* A connection that is still open must not find us any more. */
  for (handle *each = disk->handles; each; each = each->next) {
    each->is_dead = 1;
    each->disk = NULL;
    each->entry = NULL;
  }
  remove_entries(disk);
  free(disk->folder);
  free(disk);
}

crash_disk *disk_of(const char *path) {
  crash_disk *found = NULL;
  pthread_mutex_lock(&disks_lock);
  for (crash_disk *each = disks; each; each = each->next) {
    if (strncmp(path, each->folder, each->folder_length) == 0
        && path[each->folder_length] == '/'
        && (!found || each->folder_length > found->folder_length)) {
      found = each;
    }
  }
  pthread_mutex_unlock(&disks_lock);
  return found;
}

const char *name_on(const crash_disk *disk, const char *path) {
  return path + disk->folder_length + 1;
}

/* MARK: Settings */

void crash_disk_set_recording(crash_disk *disk, int is_on) { disk->is_recording = is_on; }
void crash_disk_set_lying(crash_disk *disk, int is_on) { disk->is_lying = is_on; }
void crash_disk_set_late_names(crash_disk *disk, int is_on) { disk->has_late_names = is_on; }
void crash_disk_set_capacity(crash_disk *disk, int64_t count) { disk->capacity = count; }
void crash_disk_set_process(crash_disk *disk, int process) { disk->process = process; }
int64_t crash_disk_operation_count(const crash_disk *disk) { return disk->operation_count; }
int64_t crash_disk_fault_count(const crash_disk *disk) { return disk->fault_count; }
int crash_disk_has_power(const crash_disk *disk) { return disk->has_power; }

int64_t crash_disk_byte_count(const crash_disk *disk) {
  int64_t sum = 0;
  for (const entry *each = disk->entries; each; each = each->next) {
    if (each->now) sum += each->now->now.size;
  }
  return sum;
}

/* SplitMix64, Steele, Lea and Flood, OOPSLA 2014. */
uint64_t disk_draw(crash_disk *disk) {
  uint64_t z = disk->random += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static int has_luck(crash_disk *disk, uint32_t thousandths) {
  return disk_draw(disk) % 1000 < thousandths;
}

/* MARK: Faults */

void crash_disk_arm(crash_disk *disk, const crash_fault *fault) {
  disk->fault = *fault;
  disk->is_armed = 1;
}

void crash_disk_disarm(crash_disk *disk) { disk->is_armed = 0; }

void crash_disk_kill(crash_disk *disk, int process) {
  disk->killed |= 1 << process;
  for (handle *each = disk->handles; each; each = each->next) {
    if (each->process == process) each->is_dead = 1;
  }
}

int crash_disk_is_killed(const crash_disk *disk, int process) { return disk->killed >> process & 1; }
void crash_disk_revive(crash_disk *disk, int process) { disk->killed &= ~(1 << process); }

void crash_disk_cut_power(crash_disk *disk) {
  disk->has_power = 0;
  for (handle *each = disk->handles; each; each = each->next) each->is_dead = 1;
}

verdict disk_begin(crash_disk *disk, int operation, int process, int is_dead, int natural_code) {
  if (!disk) return (verdict){is_dead ? natural_code : SQLITE_OK, 0};
  if (is_dead || !disk->has_power || disk->killed >> process & 1) return (verdict){natural_code, 0};
  disk->operation_count++;
  const crash_fault *fault = &disk->fault;
  if (!disk->is_armed || !(fault->operations & operation)) return (verdict){SQLITE_OK, 0};
  if (fault->process >= 0 && fault->process != process) return (verdict){SQLITE_OK, 0};
  if (disk->fault.skipped-- > 0) return (verdict){SQLITE_OK, 0};
  disk->fault.skipped = 0;
  disk->fault_count++;
  if (!fault->is_for_ever || fault->effect != CRASH_FAILS) disk->is_armed = 0;
  switch (fault->effect) {
    case CRASH_KILLS:
      crash_disk_kill(disk, process);
      /* The system call was made, or was not. */
      return (verdict){natural_code, (int)(disk_draw(disk) & 1)};
    case CRASH_CUTS_POWER:
      crash_disk_cut_power(disk);
      /* Whether any of it survives is drawn later. */
      return (verdict){natural_code, operation != CRASH_SYNC};
    default: return (verdict){fault->code ? fault->code : natural_code, 0};
  }
}

/* MARK: Files */

inode *inode_make(void) {
  inode *made = calloc(1, sizeof *made);
  made->owners = 1;
  return made;
}

static void forget_records(inode *file) {
  for (record *each = file->first; each;) {
    record *next = each->next;
    free(each);
    each = next;
  }
  file->first = file->last = NULL;
}

void inode_release(inode *file) {
  if (!file || --file->owners > 0) return;
  forget_records(file);
  content_clear(&file->now);
  content_clear(&file->durable);
  free(file);
}

entry *disk_entry(const crash_disk *disk, const char *name, int is_made) {
  entry **place = (entry **)&disk->entries;
  while (*place && strcmp((*place)->name, name) != 0) place = &(*place)->next;
  if (!*place && is_made) {
    *place = calloc(1, sizeof **place);
    (*place)->name = strdup(name);
  }
  return *place;
}

static void add_record(
    crash_disk *disk, inode *file, int64_t offset, const void *bytes, int64_t byte_count) {
  record *made = malloc(sizeof *made + (size_t)byte_count);
  made->next = NULL;
  made->number = ++disk->record_number;
  made->offset = offset;
  made->byte_count = byte_count;
  if (byte_count) memcpy(made->bytes, bytes, (size_t)byte_count);
  if (file->last) {
    file->last->next = made;
  } else {
    file->first = made;
  }
  file->last = made;
}

int disk_write(
    crash_disk *disk, inode *file, int64_t offset, const void *bytes, int64_t byte_count) {
  int code = SQLITE_OK;
  if (disk && disk->capacity >= 0 && offset + byte_count > file->now.size) {
    int64_t room = disk->capacity - crash_disk_byte_count(disk);
    int64_t fits = file->now.size + (room > 0 ? room : 0) - offset;
    if (fits < byte_count) {
      /* What fits is written, as a real disk does. */
      code = SQLITE_FULL;
      byte_count = fits > 0 ? fits : 0;
    }
  }
  if (byte_count == 0) return code;
  content_write(&file->now, offset, bytes, byte_count);
  if (disk && disk->is_recording) add_record(disk, file, offset, bytes, byte_count);
  return code;
}

void disk_resize(crash_disk *disk, inode *file, int64_t size) {
  content_resize(&file->now, size);
  if (disk && disk->is_recording) add_record(disk, file, size, NULL, 0);
}

static void make_durable(content *content, const record *record) {
  if (record->byte_count) {
    content_write(content, record->offset, record->bytes, record->byte_count);
  } else {
    content_resize(content, record->offset);
  }
}

void disk_sync(crash_disk *disk, inode *file) {
  if (disk->is_lying || !disk->is_recording) return;
  for (const record *each = file->first; each; each = each->next) make_durable(&file->durable, each);
  forget_records(file);
}

void disk_forget_unsynced(crash_disk *disk, inode *file) {
  if (disk->is_recording) forget_records(file);
}

void disk_sync_names(crash_disk *disk) {
  if (disk->is_lying) return;
  for (entry *each = disk->entries; each; each = each->next) {
    if (each->durable == each->now) continue;
    inode_release(each->durable);
    each->durable = each->now;
    if (each->now) each->now->owners++;
  }
}

void disk_name_changed(crash_disk *disk, entry *entry, int is_synced) {
  entry->number = ++disk->record_number;
  if (is_synced || !disk->has_late_names || !disk->is_recording) disk_sync_names(disk);
}

/* MARK: Power */

int64_t crash_disk_unsynced_count(const crash_disk *disk) {
  int64_t count = 0;
  for (const entry *each = disk->entries; each; each = each->next) {
    if (each->now != each->durable) count++;
    if (!each->now) continue;
    for (const record *record = each->now->first; record; record = record->next) count++;
  }
  return count;
}

/* What becomes of one write. Returns whether all of it survived. */
static int survive(
    crash_disk *disk, content *content, const record *record, const crash_survival *survival) {
  uint32_t drawn = (uint32_t)(disk_draw(disk) % 1000);
  if (drawn < survival->lost) return 0;
  if (drawn >= survival->lost + survival->torn || record->byte_count == 0) {
    make_durable(content, record);
    return 1;
  }
  int is_whole = 1;
  for (int64_t done = 0; done < record->byte_count;) {
    int64_t place = record->offset + done;
    int64_t length = SECTOR_BYTES - place % SECTOR_BYTES;
    if (length > record->byte_count - done) length = record->byte_count - done;
    if (has_luck(disk, 500)) {
      content_write(content, place, record->bytes + done, length);
    } else {
      is_whole = 0;
    }
    done += length;
  }
  return is_whole;
}

/* The file as it is found after the power loss. */
static inode *survivor(
    crash_disk *disk, inode *file, const crash_survival *survival, uint64_t last, int64_t *lost) {
  inode *made = inode_make();
  if (!disk->is_recording) {
    content_share(&made->now, &file->now);
  } else {
    content_share(&made->now, &file->durable);
    for (const record *each = file->first; each; each = each->next) {
      if (each->number > last || !survive(disk, &made->now, each, survival)) ++*lost;
    }
  }
  content_share(&made->durable, &made->now);
  return made;
}

/* With writes in order: the last one that the disk has got to. */
static uint64_t last_survivor(crash_disk *disk, const crash_survival *survival) {
  if (!survival->is_in_order) return UINT64_MAX;
  uint64_t first = UINT64_MAX;
  for (entry *each = disk->entries; each; each = each->next) {
    if (each->now != each->durable && each->number < first) first = each->number;
    if (each->now && each->now->first && each->now->first->number < first) {
      first = each->now->first->number;
    }
  }
  if (first == UINT64_MAX) return first;
  return first + disk_draw(disk) % (disk->record_number - first + 2) - 1;
}

int64_t crash_disk_restore_power(crash_disk *disk, const crash_survival *survival) {
  static const crash_survival whole = {0, 0, 0};
  uint64_t last = last_survivor(disk, survival);
  int64_t lost = 0;
  for (entry *each = disk->entries; each; each = each->next) {
    inode *kept = each->now;
    if (each->now != each->durable) {
      int is_lost = survival->is_in_order ? each->number > last : has_luck(disk, survival->lost);
      if (is_lost) {
        kept = each->durable;
        lost++;
      }
    }
    inode *made =
        kept ? survivor(disk, kept, survival->is_in_order ? &whole : survival, last, &lost) : NULL;
    inode_release(each->now);
    inode_release(each->durable);
    each->now = each->durable = made;
    if (made) made->owners++;
  }
  disk->has_power = 1;
  disk->killed = 0;
  disk->is_armed = 0;
  return lost;
}
