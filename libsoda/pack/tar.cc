#include "pack/tar.h"

#include <array>

#include "pack/archive.h"

namespace soda::pack {
namespace {

constexpr std::size_t block = 512;
constexpr std::array<char, 2 * block> zeros{};

la_ssize_t collect(archive*, void* out, const void* bytes, std::size_t length) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), length);
  return static_cast<la_ssize_t>(length);
}

}  // namespace

std::string tar_header(const std::string& name, std::int64_t size, std::time_t modified) {
  std::string header;
  const Writer writer(archive_write_new());
  if (!writer) throw std::system_error(ENOMEM, std::generic_category(), "archive");
  check(writer.get(), archive_write_set_format_pax_restricted(writer.get()));
  check(writer.get(), archive_write_set_bytes_per_block(writer.get(), 0));
  check(writer.get(), archive_write_open(writer.get(), &header, nullptr, collect, nullptr));
  check(writer.get(), archive_write_header(writer.get(), make_entry(name, size, modified).get()));
  // It shall not be completed: the member's bytes go another way.
  archive_write_fail(writer.get());
  return header;
}

std::string_view tar_padding(std::int64_t size) {
  const auto over = static_cast<std::size_t>(size) % block;
  return {zeros.data(), over == 0 ? 0 : block - over};
}

std::string_view tar_end() { return {zeros.data(), zeros.size()}; }

}  // namespace soda::pack
