// Makes one system or library call of a process fail. For LD_PRELOAD in tests/fault.
//
// SODA_FAULT names a file. While it is there, it holds "CALL NUMBER ERRNO": the call of that name
// which comes as that number (from 1, counted since the file was last written) fails with that
// error; a negative number lets all from there on fail. The file is removed when the first fails,
// so that the test sees whether it happened; the count then goes on until a new one appears.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* block, size_t size);
}

namespace {

struct Plan {
  char call[16] = "";
  long number = 0;  // 0: nothing fails
  int error = 0;
  bool persistent = false;
  long seen = 0;
  bool fired = false;
  struct timespec written {};
};
Plan plan;

// Only raw system calls here: whatever else could be one of the calls that fail.
void read_plan() {
  const char* path = getenv("SODA_FAULT");
  if (path == nullptr) return;
  struct stat status {};
  if (syscall(SYS_newfstatat, AT_FDCWD, path, &status, 0) != 0) return;
  if (status.st_mtim.tv_sec == plan.written.tv_sec &&
      status.st_mtim.tv_nsec == plan.written.tv_nsec) {
    return;
  }
  const int fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC));
  if (fd < 0) return;
  char text[64] = "";
  const long size = syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  if (size <= 0) return;
  plan = {};
  plan.written = status.st_mtim;
  char* rest = strchr(text, ' ');
  if (rest == nullptr || rest - text >= static_cast<long>(sizeof plan.call)) return;
  memcpy(plan.call, text, static_cast<size_t>(rest - text));
  const long number = strtol(rest, &rest, 10);
  plan.persistent = number < 0;
  plan.number = labs(number);
  plan.error = static_cast<int>(strtol(rest, nullptr, 10));
}

// True: the caller has to fail; errno is set.
bool fails(const char* call) {
  const int before = errno;
  read_plan();
  errno = before;
  if (plan.number == 0 || strcmp(plan.call, call) != 0) return false;
  ++plan.seen;
  if (plan.seen < plan.number || (plan.seen > plan.number && !plan.persistent)) return false;
  if (!plan.fired) syscall(SYS_unlink, getenv("SODA_FAULT"));
  plan.fired = true;
  errno = plan.error;
  return true;
}

// A full disk says nothing of sockets and terminals.
bool is_regular(int fd) {
  struct stat status {};
  return syscall(SYS_fstat, fd, &status) == 0 && S_ISREG(status.st_mode);
}

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

mode_t mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

int open_or_fail(const char* path, int flags, mode_t mode) {
  return fails("open") ? -1 : static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

ssize_t pread_or_fail(int fd, void* into, size_t size, off_t offset) {
  return fails("pread") ? -1 : syscall(SYS_pread64, fd, into, size, offset);
}

void* mmap_or_fail(void* where, size_t size, int protection, int flags, int fd, off_t offset) {
  if (fails("mmap")) return MAP_FAILED;
  const long address = syscall(SYS_mmap, where, size, protection, flags, fd, offset);
  return address == -1 ? MAP_FAILED : reinterpret_cast<void*>(address);
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_or_fail(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_or_fail(path, flags, mode);
}
int mkostemp(char* pattern, int flags) {
  return fails("open") ? -1 : real<int (*)(char*, int)>("mkostemp")(pattern, flags);
}
int mkostemp64(char* pattern, int flags) {
  return fails("open") ? -1 : real<int (*)(char*, int)>("mkostemp64")(pattern, flags);
}
ssize_t pread(int fd, void* into, size_t size, off_t offset) {
  return pread_or_fail(fd, into, size, offset);
}
ssize_t pread64(int fd, void* into, size_t size, off_t offset) {
  return pread_or_fail(fd, into, size, offset);
}
ssize_t read(int fd, void* into, size_t size) {
  return fails("read") ? -1 : syscall(SYS_read, fd, into, size);
}
ssize_t write(int fd, const void* from, size_t size) {
  return fails(is_regular(fd) ? "write" : "send") ? -1 : syscall(SYS_write, fd, from, size);
}
ssize_t sendmsg(int fd, const struct msghdr* message, int flags) {
  return fails("sendmsg") ? -1 : syscall(SYS_sendmsg, fd, message, flags);
}
void* mmap(void* where, size_t size, int protection, int flags, int fd, off_t offset) {
  return mmap_or_fail(where, size, protection, flags, fd, offset);
}
void* mmap64(void* where, size_t size, int protection, int flags, int fd, off_t offset) {
  return mmap_or_fail(where, size, protection, flags, fd, offset);
}
// Does not fail, but tells of a disk on which nothing is free.
int statvfs(const char* path, struct statvfs* status) {
  const int code = real<int (*)(const char*, struct statvfs*)>("statvfs")(path, status);
  if (code == 0 && fails("statvfs")) status->f_bavail = 0;
  return code;
}
int stat(const char* path, struct stat* status) {
  return fails("stat") ? -1 : static_cast<int>(syscall(SYS_newfstatat, AT_FDCWD, path, status, 0));
}
int fstat(int fd, struct stat* status) {
  return fails("stat") ? -1 : static_cast<int>(syscall(SYS_fstat, fd, status));
}
int stat64(const char* path, struct stat64* status) {
  return fails("stat") ? -1 : static_cast<int>(syscall(SYS_newfstatat, AT_FDCWD, path, status, 0));
}
int fstat64(int fd, struct stat64* status) {
  return fails("stat") ? -1 : static_cast<int>(syscall(SYS_fstat, fd, status));
}
void* malloc(size_t size) { return fails("malloc") ? nullptr : __libc_malloc(size); }
void* calloc(size_t count, size_t size) {
  return fails("malloc") ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* block, size_t size) {
  return fails("malloc") ? nullptr : __libc_realloc(block, size);
}

}  // extern "C"
