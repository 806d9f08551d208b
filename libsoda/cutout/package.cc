#include "cutout/package.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <span>

#include "base/failure.h"
#include "base/text.h"
#include "cutout/desk.h"
#include "cutout/extensions.h"
#include "fits/checksum.h"
#include "fits/file.h"
#include "http/file_sink.h"
#include "pack/tar.h"
#include "pack/zip.h"

namespace soda::cutout {
namespace {

using dali::Made;
using State = store::Item::State;

std::string reason_of(const Made& made) { return made.item.reason + "\n"; }

std::string member_name(const Made& made) {
  return made.item.name + (made.item.state == State::done ? ".fits" : ".txt");
}

// Members are as old as the archive.
std::time_t now() { return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()); }

// DATASUM is that of the data, which have not changed; CHECKSUM is made anew.
void sign_again(fits::Header& header) {
  if (!header.has("CHECKSUM") && !header.has("DATASUM")) return;
  const auto sum = to_integer(trim(header.string("DATASUM").value_or("")));
  if (sum && *sum >= 0 && *sum <= std::int64_t{UINT32_MAX}) {
    fits::sign(header, static_cast<std::uint32_t>(*sum));
    return;
  }
  header.erase_all("CHECKSUM");
  header.erase_all("DATASUM");
}

std::vector<std::string> misses_of(std::span<const Made> made) {
  std::vector<std::string> misses;
  for (const auto& one : made) {
    if (one.item.state == State::done) continue;
    misses.push_back(fmt::format("{}: {}", one.item.name, one.item.reason));
  }
  return misses;
}

}  // namespace

void write_tar(std::span<const Made> made, const std::string& path) {
  http::FileSink out(http::new_file(path));
  const std::time_t when = now();
  for (const auto& one : made) {
    if (one.item.state != State::done) {
      const std::string text = reason_of(one);
      const auto size = static_cast<std::int64_t>(text.size());
      out.write(pack::tar_header(member_name(one), size, when) + text);
      out.write(pack::tar_padding(size));
      continue;
    }
    const FileDescriptor file = http::open_to_read(one.path);
    const std::int64_t size = one.item.size;
    out.write(pack::tar_header(member_name(one), size, when));
    out.copy(file.get(), one.item.start, size);
    out.write(pack::tar_padding(size));
  }
  out.write(pack::tar_end());
}

void write_zip(std::span<const Made> made, const std::string& path) {
  pack::ZipFile out(path);
  const std::time_t when = now();
  std::vector<char> buffer(std::size_t{1} << 20);
  for (const auto& one : made) {
    if (one.item.state != State::done) {
      const std::string text = reason_of(one);
      out.begin(member_name(one), static_cast<std::int64_t>(text.size()), when);
      out.write(text);
      continue;
    }
    const FileDescriptor file = http::open_to_read(one.path);
    out.begin(member_name(one), one.item.size, when);
    for (std::int64_t at = 0; at < one.item.size;) {
      const std::int64_t left = one.item.size - at;
      const auto wanted = std::min(buffer.size(), static_cast<std::size_t>(left));
      const std::size_t got =
          http::read_at(file.get(), one.item.start + at, std::span(buffer).first(wanted));
      if (got == 0) throw Failure(FailureKind::internal, "a result has become shorter");
      out.write({buffer.data(), got});
      at += static_cast<std::int64_t>(got);
    }
  }
  out.finish();
}

void write_multi_fits(std::span<const Made> made, const std::string& path) {
  http::FileSink out(http::new_file(path));
  out.write(common_primary(misses_of(made), utc_day()).blocks());
  ExtensionNames names;
  for (const auto& one : made) {
    if (one.item.state != State::done) continue;
    const FileDescriptor file = http::open_to_read(one.path);
    for (const auto& hdu : fits::scan_part(file.get(), one.item.start, one.item.size).hdus) {
      fits::Header header = names.extension(hdu.header, one.item.number);
      sign_again(header);
      out.write(header.blocks());
      out.copy(file.get(), one.item.start + hdu.data_offset, fits::padded(hdu.data_length));
    }
  }
}

}  // namespace soda::cutout
