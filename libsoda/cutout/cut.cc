#include "cutout/cut.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "base/failure.h"
#include "cutout/rows.h"
#include "fits/checksum.h"

namespace soda::cutout {
namespace {

// Passes on bytes [first, first + count) of what it is given. Headers and padding are small and go
// out together with the pixels beside them: every call of the sink costs a system call here and a
// wake-up of the web server.
class Window {
 public:
  Window(http::Sink& sink, std::int64_t first, std::int64_t count)
      : sink_(sink), first_(first), end_(first + count) {}

  bool done() const { return at_ >= end_; }
  // Steps over `length` bytes when none of them is wanted.
  bool skip(std::int64_t length) {
    if (at_ + length > first_ && at_ < end_) return false;
    pass(length);
    return true;
  }
  // Bytes before the window begins, and those of it that are still to come.
  std::int64_t ahead() const { return std::max<std::int64_t>(0, first_ - at_); }
  std::int64_t left() const { return end_ - std::max(at_, first_); }
  // These bytes were left out at the source.
  void pass(std::int64_t length) {
    at_ += length;
    data_left_ -= length;
  }

  // A header, to go out with the pixels that follow. It must stay as it is until then.
  void hold(const fits::FoldedHeader& header) {
    blocks_.clear();
    header.append_blocks(blocks_);
    for (const iovec& piece : blocks_) add(piece);
  }
  // What comes now are `length` bytes of data; `padding` follows the last of them, and is
  // static.
  void begin_data(std::int64_t length, std::string_view padding) {
    data_left_ = length;
    padding_ = padding;
  }
  void end_data() {
    if (!padding_.empty()) add_padding();
  }
  // What is held goes out; to be called after the last byte.
  void flush() {
    if (!pieces_.empty()) sink_.write(pieces_);
    pieces_.clear();
  }

  void write(std::span<const iovec> pieces) {
    for (const iovec& piece : pieces) {
      data_left_ -= static_cast<std::int64_t>(piece.iov_len);
      add(piece);
    }
    if (data_left_ == 0 && !padding_.empty()) add_padding();
    flush();
  }

 private:
  void add(iovec piece) {
    const auto length = static_cast<std::int64_t>(piece.iov_len);
    const std::int64_t from = std::clamp<std::int64_t>(first_ - at_, 0, length);
    const std::int64_t to = std::clamp<std::int64_t>(end_ - at_, 0, length);
    at_ += length;
    if (from >= to) return;
    piece.iov_base = static_cast<char*>(piece.iov_base) + from;
    piece.iov_len = static_cast<std::size_t>(to - from);
    pieces_.push_back(piece);
  }
  void add_padding() {
    add({const_cast<char*>(padding_.data()), padding_.size()});
    padding_ = {};
  }

  http::Sink& sink_;
  std::int64_t first_, end_;
  std::int64_t at_ = 0;
  std::vector<iovec> pieces_;
  std::vector<iovec> blocks_;
  std::int64_t data_left_ = 0;
  std::string_view padding_;
};

// What fills the last block of data: zeros, or blanks for an ASCII table (FITS 4.0 section 7.2.3).
std::string_view padding_of(const OutputHdu& hdu) {
  static constexpr std::array<char, fits::block_length> zeros{};
  static const std::string blanks(fits::block_length, ' ');
  const auto over = static_cast<std::size_t>(hdu.data_length) % fits::block_length;
  if (over == 0) return {};
  const bool ascii = hdu.header.open.string("XTENSION") == "TABLE";
  return {ascii ? blanks.data() : zeros.data(), fits::block_length - over};
}

class CutBody final : public http::Body {
 public:
  CutBody(Plan plan, const std::string& path, Tools& tools)
      : plan_(std::move(plan)), tools_(tools) {
    const auto& file = plan_.source->holding->file;
    const fits::Identity expected{file.size, file.mtime_ns, file.inode};
    sending_ = tools_.sending.open(path, expected, file.gzipped);
    if (needs_reading()) reading_ = tools_.reading.open(path, expected, file.gzipped);
  }

  std::int64_t size() const override { return plan_.length; }

  void write(http::Sink& sink, std::int64_t first, std::int64_t count) override {
    Window window(sink, first, count);
    for (auto& hdu : plan_.hdus) {
      if (window.done()) break;
      if (window.skip(hdu.length())) continue;
      if (hdu.sign) {
        write_signed(hdu, window);
      } else {
        window.hold(hdu.header);
        write_data(hdu, window);
      }
    }
    window.flush();
  }

 private:
  bool filtered(const Pixels& pixels) const {
    return pixels.blank_outside || pixels.asked != pixels.inside;
  }

  bool needs_reading() const {
    return std::ranges::any_of(plan_.hdus, [&](const OutputHdu& hdu) {
      const auto* pixels = std::get_if<Pixels>(&hdu.data);
      return hdu.sign || (pixels != nullptr && filtered(*pixels));
    });
  }

  // The data are known before the header that signs them; the budget was checked by the plan.
  void write_signed(OutputHdu& hdu, Window& window) {
    class Collector final : public http::Sink {
     public:
      std::string bytes;
      void write(std::span<const iovec> pieces) override {
        for (const auto& piece : pieces) {
          bytes.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
        }
      }
    } collected;
    collected.bytes.reserve(static_cast<std::size_t>(hdu.length()));
    Window all(collected, 0, INT64_MAX);
    write_data(hdu, all);
    all.flush();
    hdu.header = fits::FoldedHeader(hdu.header.unfold());  // all of it is signed
    fits::sign(hdu.header.open, fits::checksum(collected.bytes));
    window.hold(hdu.header);
    window.begin_data(static_cast<std::int64_t>(collected.bytes.size()), {});
    const iovec piece{collected.bytes.data(), collected.bytes.size()};
    window.write(std::span(&piece, 1));
    window.end_data();
  }

  void write_data(const OutputHdu& hdu, Window& window) {
    window.begin_data(hdu.data_length, padding_of(hdu));
    if (!window.skip(hdu.data_length)) write_wanted(hdu, window);
    window.end_data();
  }

  void write_wanted(const OutputHdu& hdu, Window& window) {
    if (const auto* pixels = std::get_if<Pixels>(&hdu.data)) {
      write_pixels(*pixels, hdu.sign, window);
    } else if (const auto* copy = std::get_if<Copy>(&hdu.data)) {
      write_copy(*copy, hdu.sign, window);
    } else if (const auto* plane = std::get_if<MaskPlane>(&hdu.data)) {
      write_mask(*plane, window);
    }
  }

  // Bytes that this process looks at come through read(2), all others straight from the mapping.
  const fits::MappedFile& file(bool looked_at) const { return looked_at ? *reading_ : *sending_; }

  void write_pixels(const Pixels& pixels, bool looked_at, Window& window) {
    if (!filtered(pixels)) {
      const bool plain = plan_.source->hdus[pixels.hdu].record->compression.empty();
      if (!plain) {
        copy_section(pixels, looked_at, [&](std::span<const iovec> p) { window.write(p); });
        return;
      }
      const std::int64_t skipped = window.ahead();
      window.pass(skipped);
      fits::copy_plain(
          file(looked_at), layout(pixels), section(pixels),
          [&](std::span<const iovec> p) { window.write(p); }, skipped, window.left());
      return;
    }
    const SourceHdu& hdu = plan_.source->hdus[pixels.hdu];
    std::optional<MaskRows> mask;
    int x = 0, y = 1;
    if (pixels.blank_outside) {
      const SourceHdu& head = *celestial_of(*plan_.source, hdu);
      x = head.wcs->x_axis();
      y = head.wcs->y_axis();
      mask.emplace(*head.wcs, *plan_.region, wcs::PixelBox{pixels.asked[x], pixels.asked[y]});
    }
    RowFilter filter(pixels, hdu.record->bitpix, mask ? &*mask : nullptr, x, y,
                     [&](std::span<const iovec> p) { window.write(p); });
    copy_section(pixels, true, [&](std::span<const iovec> p) { filter.write(p); });
    filter.flush();
  }

  static fits::Section section(const Pixels& pixels) {
    fits::Section out;
    for (const auto& axis : pixels.inside) {
      out.first.push_back(axis.first);
      out.last.push_back(axis.last);
    }
    return out;
  }

  fits::ImageLayout layout(const Pixels& pixels) const {
    const auto& record = *plan_.source->hdus[pixels.hdu].record;
    return {record.data_offset, record.bitpix, record.shape};
  }

  void copy_section(const Pixels& pixels, bool looked_at, const fits::ByteSink& sink) {
    const auto& record = *plan_.source->hdus[pixels.hdu].record;
    if (record.compression.empty()) {
      fits::copy_plain(file(looked_at), layout(pixels), section(pixels), sink);
    } else {
      tools_.tiles.copy(file(looked_at), record.index, record.bitpix, record.shape, section(pixels),
                        sink);
    }
  }

  void write_copy(const Copy& copy, bool looked_at, Window& window) {
    const fits::ImageLayout bytes{copy.offset, 8, {copy.length}};
    const std::int64_t skipped = window.ahead();
    window.pass(skipped);
    fits::copy_plain(
        file(looked_at), bytes, {{1}, {copy.length}},
        [&](std::span<const iovec> p) { window.write(p); }, skipped, window.left());
  }

  void write_mask(const MaskPlane& plane, Window& window) {
    MaskRows mask(*plan_.source->hdus[plane.hdu].wcs, *plan_.region, plane.box);
    for (std::int64_t y = plane.box.y.first; y <= plane.box.y.last && !window.done();) {
      const auto rows = mask.rows_from(y);
      const iovec piece{const_cast<unsigned char*>(rows.data()), rows.size()};
      window.write(std::span(&piece, 1));
      y += static_cast<std::int64_t>(rows.size()) / plane.box.x.length();
    }
  }

  Plan plan_;
  Tools& tools_;
  std::shared_ptr<const fits::MappedFile> sending_, reading_;
};

}  // namespace

Tools make_tools(const site::Config& config) {
  const auto files = [&](std::size_t capacity, fits::FileAccess access) {
    return fits::FileCache({.capacity = capacity,
                            .access = access,
                            .unpack_folder = config.text("cache_folder"),
                            .unpack_limit = config.integer("cache_limit")});
  };
  return {
      files(static_cast<std::size_t>(config.integer("mapped_files")),
            config.text("file_access") == "read" ? fits::FileAccess::read : fits::FileAccess::map),
      files(8, fits::FileAccess::read), fits::TileReader(config.integer("buffer_budget"))};
}

std::string path_of(const site::Config& config, const store::FileRecord& file) {
  const auto root = config.data_roots().find(file.root);
  if (root == config.data_roots().end()) {
    throw Failure(
        FailureKind::unavailable,
        fmt::format("the data root \"{}\" of this data set is not configured", file.root));
  }
  return root->second + "/" + file.path;
}

std::unique_ptr<http::Body> make_body(Plan plan, const std::string& path, Tools& tools) {
  return std::make_unique<CutBody>(std::move(plan), path, tools);
}

}  // namespace soda::cutout
