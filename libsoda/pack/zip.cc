#include "pack/zip.h"

#include <fcntl.h>
#include <unistd.h>

#include "pack/archive.h"

namespace soda::pack {

struct ZipFile::Impl {
  FileDescriptor file;
  bool is_given_up = false;
  Writer writer;

  static la_ssize_t put(archive* writer, void* self, const void* bytes, std::size_t length) {
    const auto& impl = *static_cast<const Impl*>(self);
    if (impl.is_given_up) return given_up;
    ssize_t written = -1;
    do {
      written = ::write(impl.file.get(), bytes, length);
    } while (written < 0 && errno == EINTR);
    if (written < 0) archive_set_error(writer, errno, "write");
    return written;
  }
};

ZipFile::ZipFile(const std::string& path) : impl_(std::make_unique<Impl>()) {
  impl_->file = FileDescriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!impl_->file) throw std::system_error(errno, std::generic_category(), "open");
  impl_->writer.reset(archive_write_new());
  archive* const writer = impl_->writer.get();
  if (writer == nullptr) throw std::system_error(ENOMEM, std::generic_category(), "archive");
  check(writer, archive_write_set_format_zip(writer));
  check(writer, archive_write_set_format_option(writer, "zip", "compression", "store"));
  check(writer, archive_write_set_bytes_in_last_block(writer, 1));
  check(writer, archive_write_open(writer, impl_.get(), nullptr, Impl::put, nullptr));
}

ZipFile::~ZipFile() {
  // Without finish() it is no archive: nothing more is to be written.
  impl_->is_given_up = true;
}

void ZipFile::begin(const std::string& name, std::int64_t size, std::time_t modified) {
  check(impl_->writer.get(),
        archive_write_header(impl_->writer.get(), make_entry(name, size, modified).get()));
}

void ZipFile::write(std::span<const char> bytes) {
  while (!bytes.empty()) {
    const auto written = archive_write_data(impl_->writer.get(), bytes.data(), bytes.size());
    if (written <= 0) check(impl_->writer.get(), ARCHIVE_FATAL);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void ZipFile::finish() {
  check(impl_->writer.get(), archive_write_close(impl_->writer.get()));
  impl_->writer.reset();
}

}  // namespace soda::pack
