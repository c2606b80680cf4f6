/* A file system for SQLite whose machine can lose power.

   Files lie in memory. Each has what a reader sees now, and what would still be there after a power
   loss: a write goes to the first, and to the second once the file is synced. On a power loss each
   write that was not synced is kept, lost, or torn at sectors of 512 bytes, as drawn from a seed;
   the same holds for names that were made or removed and whose folder was not synced.

   A disk is mounted at a folder's path. SQLite files below that path are on it, all others are in
   the file system that was SQLite's default before. Disks know nothing of each other, so that one
   machine can die alone. One disk is used by one thread at a time; several disks may be used by
   several threads. WAL works, as all connections are in one process; so do rollback journals and
   the backup interface.

   https://sqlite.org/vfs.html, https://sqlite.org/atomiccommit.html */
#ifndef TRIBUTARY_CRASH_VFS_H
#define TRIBUTARY_CRASH_VFS_H
#include <stdint.h>

typedef struct crash_disk crash_disk;
typedef struct crash_image crash_image;

/* Makes it SQLite's default file system. Calling it again does nothing. Returns SQLite's code. */
int crash_vfs_register(void);

/* An empty disk at a folder's path, which is given without a final slash. */
crash_disk *crash_disk_mount(const char *folder, uint64_t seed);
/* All connections to its files are closed before. */
void crash_disk_unmount(crash_disk *disk);

/* Whether unsynced writes are kept apart. Without, every write is durable at once, which is faster
   and takes less memory. On at first. */
void crash_disk_set_recording(crash_disk *disk, int is_on);
/* A disk that lies says that it has synced, and has not. */
void crash_disk_set_lying(crash_disk *disk, int is_on);
/* Whether a journal's deletion waits for the next sync of the folder, as POSIX allows, unless the
   caller asks for more. On at first. */
void crash_disk_set_late_names(crash_disk *disk, int is_on);
/* Bytes that its files may have together; negative: no limit. */
void crash_disk_set_capacity(crash_disk *disk, int64_t byte_count);
int64_t crash_disk_byte_count(const crash_disk *disk);

/* Processes. Connections belong to the process that was current when they opened their files. */
enum { CRASH_PROCESSES_MAX = 8 };
void crash_disk_set_process(crash_disk *disk, int process);
/* A killed process's operations fail from now on; what it wrote stays, synced or not. Its
   connections are to be closed before anybody else uses the disk. */
void crash_disk_kill(crash_disk *disk, int process);
int crash_disk_is_killed(const crash_disk *disk, int process);
/* A new process takes the number of one that was killed. */
void crash_disk_revive(crash_disk *disk, int process);

/* Faults: the operation after `skipped` others of the same kinds fails. */
enum crash_operation {
  CRASH_READ = 1,
  CRASH_WRITE = 2,
  CRASH_SYNC = 4,
  CRASH_TRUNCATE = 8,
  CRASH_OPEN = 16,
  CRASH_LOCK = 32,
  CRASH_DELETE = 64,
  CRASH_ANY = 127
};
enum crash_effect { CRASH_FAILS, CRASH_KILLS, CRASH_CUTS_POWER };
typedef struct crash_fault {
  int operations; /* which kinds count, or-ed */
  int process;    /* whose; negative: anybody's */
  int64_t skipped;
  int effect;
  int code;        /* SQLite's; 0: the one that belongs to the operation */
  int is_for_ever; /* whether all later ones fail, too */
} crash_fault;
void crash_disk_arm(crash_disk *disk, const crash_fault *fault);
void crash_disk_disarm(crash_disk *disk);
/* How many operations there were, and how many of them a fault made fail. */
int64_t crash_disk_operation_count(const crash_disk *disk);
int64_t crash_disk_fault_count(const crash_disk *disk);

/* Power. Without it every operation fails. */
typedef struct crash_survival {
  uint32_t lost; /* of a thousand unsynced writes */
  uint32_t torn;
  int is_in_order; /* whether what came after a lost write is lost, too */
} crash_survival;
void crash_disk_cut_power(crash_disk *disk);
int crash_disk_has_power(const crash_disk *disk);
/* Makes the disk what survived. All connections from before are to be closed by then. Returns how
   many writes were lost or torn. */
int64_t crash_disk_restore_power(crash_disk *disk, const crash_survival *survival);
int64_t crash_disk_unsynced_count(const crash_disk *disk);

/* What all files hold now: cheap, as bytes are shared until somebody writes. */
crash_image *crash_disk_image(const crash_disk *disk);
/* Makes the disk what the image was. Open connections fail from now on. */
void crash_disk_put_image(crash_disk *disk, const crash_image *image);
void crash_image_free(crash_image *image);
int64_t crash_image_byte_count(const crash_image *image);

/* Damage, at once and durable. `file` is the name below the folder. They return 0 if there is no
   such file or place. */
int64_t crash_disk_file_size(const crash_disk *disk, const char *file);
int crash_disk_flip_bit(crash_disk *disk, const char *file, int64_t bit);
int crash_disk_clear(crash_disk *disk, const char *file, int64_t offset, int64_t byte_count);
int crash_disk_shorten(crash_disk *disk, const char *file, int64_t size);
/* Copies bytes out; returns how many there were. */
int64_t crash_disk_read(
    const crash_disk *disk, const char *file, int64_t offset, void *bytes, int64_t byte_count);
#endif
