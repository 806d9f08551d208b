#include "fits/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/failure.h"
#include "fits/source.h"

namespace soda::fits {
namespace {

// Where rows are looked for in memory: the first, the middle and the last. What was read before was
// read in whole boxes, so that three tell nearly as much as nine, at a third of the system calls.
constexpr std::int64_t probes = 2;

FileDescriptor open_expected(const std::string& path, const Identity& expected) {
  FileDescriptor file = open_regular(path);
  if (identify(file.get()) != expected) {
    throw Failure(FailureKind::corrupt_data, "the file has changed since it was ingested");
  }
  return file;
}

}  // namespace

MappedFile::MappedFile(const std::string& path, const Identity& expected, FileAccess access,
                       std::shared_ptr<Workspace> workspace)
    : MappedFile(open_expected(path, expected), access, std::move(workspace)) {}

MappedFile::MappedFile(FileDescriptor file, FileAccess access, std::shared_ptr<Workspace> workspace)
    : fd_(std::move(file)), identity_(identify(fd_.get())), workspace_(std::move(workspace)) {
  // Rows of a cut lie far apart: reading ahead would fetch 20 times what is needed.
  ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_RANDOM);
  if (access == FileAccess::read || identity_.size == 0) return;
  const auto length = static_cast<std::size_t>(identity_.size);
  void* const mapping = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, fd_.get(), 0);
  if (mapping == MAP_FAILED) return;  // no room for it: copy_plain() reads instead
  ::madvise(mapping, length, MADV_RANDOM);
  data_ = static_cast<const char*>(mapping);
}

MappedFile::~MappedFile() {
  workspace_->resident -= resident_;
  if (data_ != nullptr) {
    ::munmap(const_cast<char*>(data_), static_cast<std::size_t>(identity_.size));
  }
}

void MappedFile::copy(std::int64_t offset, std::span<char> into) const {
  if (offset < 0 || read_at(fd_.get(), offset, into) != into.size()) {
    throw Failure(FailureKind::corrupt_data, "the file is shorter than its headers say");
  }
}

// Reading without waiting is how one finds out what is in memory: mincore would lie to a process
// that does not own the file.
bool MappedFile::copy_cached(std::int64_t offset, std::span<char> into) const noexcept {
  const iovec piece{into.data(), into.size()};
  return ::preadv2(fd_.get(), &piece, 1, offset, RWF_NOWAIT) == static_cast<ssize_t>(into.size());
}

void MappedFile::prefetch(const RowSpan& rows) const noexcept {
  for (std::int64_t row = 0; row < rows.count; ++row) {
    ::posix_fadvise(fd_.get(), rows.offset + row * rows.stride, rows.length, POSIX_FADV_WILLNEED);
  }
}

void MappedFile::will_need(const RowSpan& rows) const noexcept {
  if (rows.count <= 0 || rows.length <= 0) return;
  // Probes lie on a diagonal of the box, the last one in its last corner.
  for (std::int64_t i = 0; i <= probes; ++i) {
    const auto share = [&](std::int64_t n) { return n / probes * i + n % probes * i / probes; };
    char byte = 0;
    if (copy_cached(rows.offset + share(rows.count - 1) * rows.stride + share(rows.length - 1),
                    {&byte, 1})) {
      continue;
    }
    return prefetch(rows);
  }
}

void MappedFile::touch(std::int64_t bytes) const {
  const std::int64_t before = resident_;
  resident_ = std::min(resident_ + bytes, identity_.size);
  workspace_->resident += resident_ - before;
  if (workspace_->resident > workspace_->resident_limit) forget();
}

void MappedFile::forget() const {
  if (data_ != nullptr && resident_ > 0) {
    ::madvise(const_cast<char*>(data_), static_cast<std::size_t>(identity_.size), MADV_DONTNEED);
  }
  workspace_->resident -= resident_;
  resident_ = 0;
}

}  // namespace soda::fits
