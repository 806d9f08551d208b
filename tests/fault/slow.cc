// Preloaded: a gathered write of 4 KiB or more writes one half, as it may, and then takes as many
// microseconds as SODA_SLOW says: what is killed meanwhile leaves half a result.
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

extern "C" ssize_t writev(int file, const iovec* pieces, int count) {
  constexpr std::size_t large = 4096;
  std::size_t total = 0;
  for (int i = 0; i < count; ++i) total += pieces[i].iov_len;
  const char* time = std::getenv("SODA_SLOW");
  if (time == nullptr || total < large) return ::syscall(SYS_writev, file, pieces, count);
  std::vector<iovec> half;
  std::size_t left = total / 2;
  for (int i = 0; left > 0; ++i) {
    half.push_back(pieces[i]);
    if (half.back().iov_len > left) half.back().iov_len = left;
    left -= half.back().iov_len;
  }
  const ssize_t written = ::syscall(SYS_writev, file, half.data(), half.size());
  ::usleep(static_cast<useconds_t>(std::atol(time)));
  return written;
}
