#include "uws/bundle.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace soda::uws {
namespace {

// So many bytes are worth a file: what one costs is nothing to them.
constexpr std::int64_t most_bytes = std::int64_t{16} << 20;

}  // namespace

Bundle::Bundle(const ResultsFolder& folder, std::string_view job, std::string name)
    : job_(job),
      name_(std::move(name)),
      path_(folder.place(job, name_)),
      file_(http::new_file(path_)) {}

Bundle::~Bundle() {
  if (is_empty_) ::unlink(path_.c_str());
}

void Bundle::write(std::span<const iovec> pieces) {
  for (const iovec& piece : pieces) written_ += static_cast<std::int64_t>(piece.iov_len);
  file_.write(pieces);
}

Bundle::Extent Bundle::keep() {
  const Extent extent{kept_, written_};
  kept_ += written_;
  written_ = 0;
  is_empty_ = false;
  is_closed_ = extent.size >= ends_bundle || kept_ >= most_bytes;
  return extent;
}

void Bundle::drop() {
  if (written_ == 0) return;
  if (::ftruncate(file_.descriptor(), kept_) != 0 ||
      ::lseek(file_.descriptor(), kept_, SEEK_SET) < 0) {
    is_closed_ = true;
    throw std::system_error(errno, std::generic_category(), "ftruncate");
  }
  written_ = 0;
}

void Bundle::begin_writing() const noexcept {
  // A hint: who needs it on the disk waits for that (ResultsFolder::make_durable), and hears of it
  // when it fails.
  ::sync_file_range(file_.descriptor(), 0, 0, SYNC_FILE_RANGE_WRITE);
}

bool Bundle::takes_more(std::string_view job) const {
  struct stat status {};
  return job == job_ && !is_closed_ && ::fstat(file_.descriptor(), &status) == 0 &&
         status.st_nlink > 0;
}

}  // namespace soda::uws
