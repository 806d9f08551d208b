// Preloaded: the clock of the day is wrong by as many seconds as stand in the file that SODA_CLOCK
// names, read at every call. Clocks that nobody can set stay right.
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long status = ::syscall(SYS_clock_gettime, clock, time);
  const char* name = std::getenv("SODA_CLOCK");
  if (status == 0 && clock == CLOCK_REALTIME && name != nullptr) {
    long offset = 0;
    if (std::FILE* file = std::fopen(name, "r")) {
      if (std::fscanf(file, "%ld", &offset) != 1) offset = 0;
      std::fclose(file);
    }
    time->tv_sec += offset;
  }
  return static_cast<int>(status);
}
