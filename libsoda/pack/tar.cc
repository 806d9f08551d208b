#include "pack/tar.h"

#include <array>
#include <utility>

#include "pack/archive.h"

namespace soda::pack {
namespace {

constexpr std::size_t block = 512;
constexpr std::array<char, 2 * block> zeros{};

struct Header {
  std::string bytes;
  bool is_whole = false;
};

la_ssize_t collect(archive*, void* out, const void* bytes, std::size_t length) {
  auto& header = *static_cast<Header*>(out);
  if (header.is_whole) return given_up;
  header.bytes.append(static_cast<const char*>(bytes), length);
  return static_cast<la_ssize_t>(length);
}

}  // namespace

std::string tar_header(const std::string& name, std::int64_t size, std::time_t modified) {
  Header header;
  const Writer writer(archive_write_new());
  if (!writer) throw std::system_error(ENOMEM, std::generic_category(), "archive");
  check(writer.get(), archive_write_set_format_pax_restricted(writer.get()));
  check(writer.get(), archive_write_set_bytes_per_block(writer.get(), 0));
  check(writer.get(), archive_write_open(writer.get(), &header, nullptr, collect, nullptr));
  check(writer.get(), archive_write_header(writer.get(), make_entry(name, size, modified).get()));
  // It shall not be completed: the member's bytes go another way.
  header.is_whole = true;
  return std::move(header.bytes);
}

std::string_view tar_padding(std::int64_t size) {
  const auto over = static_cast<std::size_t>(size) % block;
  return {zeros.data(), over == 0 ? 0 : block - over};
}

std::string_view tar_end() { return {zeros.data(), zeros.size()}; }

}  // namespace soda::pack
