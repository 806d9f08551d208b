// fits-table: a binary table with an image in each row (FITS 4.0 section 7.3).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "base/failure.h"
#include "base/text.h"
#include "cutout/desk.h"
#include "cutout/extensions.h"
#include "cutout/package.h"
#include "fits/endian.h"
#include "fits/file.h"
#include "http/file_sink.h"

namespace soda::cutout {
namespace {

using dali::Made;
using State = store::Item::State;

// The image that is shown of a result: its first one that has pixels.
struct Picture {
  std::string name;  // of the cut
  fits::Hdu hdu;
};

Picture picture_of(const Made& made) {
  const FileDescriptor file = http::open_to_read(made.path);
  for (auto& hdu : fits::scan_part(file.get(), made.item.start, made.item.size).hdus) {
    if (hdu.kind == fits::HduKind::image && !hdu.shape.empty()) return {made.item.name, hdu};
  }
  throw Failure(FailureKind::usage,
                fmt::format("RESPONSEFORMAT: {} has no image for a fits-table", made.item.name),
                "RESPONSEFORMAT");
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  return fmt::format("{}", fmt::join(shape, " x "));
}

// What the pixels' values mean: of one column it is the same.
constexpr std::array<std::pair<const char*, const char*>, 4> meanings = {
    {{"BSCALE", "TSCAL"}, {"BZERO", "TZERO"}, {"BLANK", "TNULL"}, {"BUNIT", "TUNIT"}}};

void require_same(const Picture& first, const Picture& other) {
  const auto refuse = [&](std::string_view what, const std::string& here,
                          const std::string& there) {
    throw Failure(
        FailureKind::usage,
        fmt::format("RESPONSEFORMAT: a fits-table takes cuts that are alike; {} of {} is {}, of {} "
                    "{} (BOX in pixels with PAD=true makes sizes equal; else ask for "
                    "application/x-tar)",
                    what, other.name, here, first.name, there),
        "RESPONSEFORMAT");
  };
  if (other.hdu.shape != first.hdu.shape) {
    refuse("the size", shape_text(other.hdu.shape), shape_text(first.hdu.shape));
  }
  if (other.hdu.bitpix != first.hdu.bitpix) {
    refuse("BITPIX", std::to_string(other.hdu.bitpix), std::to_string(first.hdu.bitpix));
  }
  for (const auto& [keyword, column] : meanings) {
    const auto here = other.hdu.header.text(keyword).value_or("absent");
    const auto there = first.hdu.header.text(keyword).value_or("absent");
    if (here != there) refuse(keyword, here, there);
  }
}

char letter_of(int bitpix) {
  constexpr std::array<std::pair<int, char>, 6> letters = {
      {{8, 'B'}, {16, 'I'}, {32, 'J'}, {64, 'K'}, {-32, 'E'}, {-64, 'D'}}};
  const auto found = std::ranges::find(letters, bitpix, &std::pair<int, char>::first);
  if (found != letters.end()) return found->second;
  throw Failure(FailureKind::corrupt_data, fmt::format("BITPIX is {}", bitpix));
}

struct Layout {
  std::size_t id_width = 1;
  std::int64_t image = 0;  // bytes
  std::int64_t row() const { return 4 + static_cast<std::int64_t>(id_width) + 4 * 8 + image; }
};

fits::Header table_header(const Picture& first, const Layout& layout, std::int64_t rows) {
  fits::Header header;
  const auto integer = [&](std::string_view keyword, std::int64_t value) {
    header.append(fmt::format("{:<8}= {:>20}", keyword, value));
  };
  header.append("XTENSION= 'BINTABLE'");
  integer("BITPIX", 8);
  integer("NAXIS", 2);
  integer("NAXIS1", layout.row());
  integer("NAXIS2", rows);
  integer("PCOUNT", 0);
  integer("GCOUNT", 1);
  integer("TFIELDS", 7);
  header.set("EXTNAME", "CUTOUTS");
  struct Field {
    const char *name, *unit, *ucd;
    std::string form;
  };
  const auto pixels = layout.image / (std::abs(first.hdu.bitpix) / 8);
  const std::array<Field, 7> fields = {
      {{"number", "", "meta.id;meta.number", "1J"},
       {"id", "", "meta.id;meta.dataset", fmt::format("{}A", layout.id_width)},
       {"ra", "deg", "pos.eq.ra;meta.main", "1D"},
       {"dec", "deg", "pos.eq.dec;meta.main", "1D"},
       {"t_min", "d", "time.start;obs.exposure", "1D"},
       {"t_max", "d", "time.end;obs.exposure", "1D"},
       {"image", "", "", fmt::format("{}{}", pixels, letter_of(first.hdu.bitpix))}}};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    header.set(fmt::format("TTYPE{}", i + 1), fields[i].name);
    header.set(fmt::format("TFORM{}", i + 1), std::string_view(fields[i].form));
    if (*fields[i].unit) header.set(fmt::format("TUNIT{}", i + 1), fields[i].unit);
    if (*fields[i].ucd) header.set(fmt::format("TUCD{}", i + 1), fields[i].ucd);
  }
  header.set("TDIM7", std::string_view(fmt::format("({})", fmt::join(first.hdu.shape, ","))));
  const auto& image = first.hdu.header;
  if (const auto value = image.real("BSCALE")) header.set("TSCAL7", *value);
  if (const auto value = image.real("BZERO")) header.set("TZERO7", *value);
  if (const auto value = image.integer("BLANK")) header.set("TNULL7", *value);
  if (const auto value = image.string("BUNIT")) header.set("TUNIT7", std::string_view(*value));
  return header;
}

void append_big(std::string& bytes, std::uint64_t value, int length) {
  for (int shift = 8 * (length - 1); shift >= 0; shift -= 8) {
    bytes += static_cast<char>((value >> shift) & 0xFF);
  }
}

std::string row_beginning(std::int64_t number, const TableRow& row, const Layout& layout) {
  std::string bytes;
  append_big(bytes, static_cast<std::uint64_t>(number), 4);
  bytes += row.id;
  bytes.append(layout.id_width - row.id.size(), '\0');
  for (const double value : {row.ra, row.dec, row.t_min, row.t_max}) {
    append_big(bytes, std::bit_cast<std::uint64_t>(value), 8);
  }
  return bytes;
}

}  // namespace

void write_fits_table(std::span<const Made> made, std::span<const TableRow> rows,
                      const std::string& path) {
  std::optional<Picture> first;
  std::vector<std::string> misses;
  std::vector<std::int64_t> offsets(made.size(), -1);
  Layout layout;
  std::int64_t count = 0;
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (made[i].item.state != State::done) {
      misses.push_back(fmt::format("{}: {}", made[i].item.name, made[i].item.reason));
      continue;
    }
    auto picture = picture_of(made[i]);
    offsets[i] = made[i].item.start + picture.hdu.data_offset;
    layout.id_width = std::max(layout.id_width, rows[i].id.size());
    layout.image = picture.hdu.data_length;
    ++count;
    if (first) {
      require_same(*first, picture);
    } else {
      first.emplace(std::move(picture));
    }
  }
  http::FileSink out(http::new_file(path));
  out.write(common_primary(misses, utc_day()).blocks());
  if (!first) return;
  out.write(table_header(*first, layout, count).blocks());
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (offsets[i] < 0) continue;
    out.write(row_beginning(made[i].item.number, rows[i], layout));
    out.copy(http::open_to_read(made[i].path).get(), offsets[i], layout.image);
  }
  const std::int64_t length = layout.row() * count;
  out.write(std::string(static_cast<std::size_t>(fits::padded(length) - length), '\0'));
}

}  // namespace soda::cutout
