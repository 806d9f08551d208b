#include "cutout/cut.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/failure.h"
#include "cutout/rows.h"
#include "fits/checksum.h"

namespace soda::cutout {
namespace {

// Passes on bytes [first, first + count) of what it is given, and says which part of a piece to
// come is wanted at all.
class Window {
 public:
  Window(http::Sink& sink, std::int64_t first, std::int64_t count)
      : sink_(sink), first_(first), end_(first + count) {}

  bool done() const { return at_ >= end_; }
  // Steps over `length` bytes when none of them is wanted.
  bool skip(std::int64_t length) {
    if (at_ + length > first_ && at_ < end_) return false;
    at_ += length;
    return true;
  }
  // Bytes before the window begins.
  std::int64_t ahead() const { return std::max<std::int64_t>(0, first_ - at_); }
  std::int64_t left() const { return end_ - std::max(at_, first_); }

  void write(std::span<const iovec> pieces) {
    std::int64_t length = 0;
    for (const auto& piece : pieces) length += static_cast<std::int64_t>(piece.iov_len);
    if (at_ >= first_ && at_ + length <= end_) {
      at_ += length;
      sink_.write(pieces);
      return;
    }
    for (iovec piece : pieces) write_part(piece);
  }
  void write(std::string_view text) {
    const iovec piece{const_cast<char*>(text.data()), text.size()};
    write(std::span(&piece, 1));
  }
  // These bytes were left out at the source.
  void omit(std::int64_t length) { at_ += length; }

 private:
  void write_part(iovec piece) {
    const auto length = static_cast<std::int64_t>(piece.iov_len);
    const std::int64_t from = std::clamp<std::int64_t>(first_ - at_, 0, length);
    const std::int64_t to = std::clamp<std::int64_t>(end_ - at_, 0, length);
    at_ += length;
    if (from >= to) return;
    piece.iov_base = static_cast<char*>(piece.iov_base) + from;
    piece.iov_len = static_cast<std::size_t>(to - from);
    sink_.write(std::span(&piece, 1));
  }

  http::Sink& sink_;
  std::int64_t first_, end_;
  std::int64_t at_ = 0;
};

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
      if (window.done()) return;
      if (window.skip(hdu.length())) continue;
      if (hdu.sign) {
        write_signed(hdu, window);
      } else {
        window.write(hdu.header.blocks());
        write_data(hdu, window);
        write_padding(hdu, window);
      }
    }
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
    write_padding(hdu, all);
    fits::sign(hdu.header, fits::checksum(collected.bytes));
    window.write(hdu.header.blocks());
    window.write(collected.bytes);
  }

  void write_padding(const OutputHdu& hdu, Window& window) {
    static constexpr std::array<char, fits::block_length> zeros{};
    const auto over = static_cast<std::size_t>(hdu.data_length) % fits::block_length;
    if (over == 0) return;
    // FITS 4.0 section 7.2.3: an ASCII table is padded with blanks.
    std::string blanks;
    std::string_view padding(zeros.data(), fits::block_length - over);
    if (hdu.header.string("XTENSION") == "TABLE") {
      blanks.assign(padding.size(), ' ');
      padding = blanks;
    }
    window.write(padding);
  }

  void write_data(const OutputHdu& hdu, Window& window) {
    if (window.skip(hdu.data_length)) return;
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
      window.omit(skipped);
      fits::copy_plain(
          file(looked_at), layout(pixels), section(pixels),
          [&](std::span<const iovec> p) { window.write(p); }, skipped, window.left());
      return;
    }
    const SourceHdu& hdu = plan_.source->hdus[pixels.hdu];
    std::optional<MaskRows> mask;
    int x = 0, y = 1;
    if (pixels.blank_outside) {
      const SourceHdu& head = celestial(hdu);
      x = std::min(head.wcs->lon_axis(), head.wcs->lat_axis());
      y = std::max(head.wcs->lon_axis(), head.wcs->lat_axis());
      mask.emplace(*head.wcs, *plan_.region, wcs::PixelBox{pixels.asked[x], pixels.asked[y]});
    }
    RowFilter filter(pixels, hdu.record->bitpix, mask ? &*mask : nullptr, x, y,
                     [&](std::span<const iovec> p) { window.write(p); });
    copy_section(pixels, true, [&](std::span<const iovec> p) { filter.write(p); });
    filter.finish();
  }

  // A companion (DQ …) may lack world coordinates of its own; it lies on the grid of one that has
  // them.
  const SourceHdu& celestial(const SourceHdu& hdu) const {
    if (hdu.wcs->celestial()) return hdu;
    return *std::ranges::find_if(plan_.source->hdus, [&](const SourceHdu& other) {
      return other.is_image() && other.record->grid == hdu.record->grid && other.wcs->celestial();
    });
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
    window.omit(skipped);
    fits::copy_plain(
        file(looked_at), bytes, {{1}, {copy.length}},
        [&](std::span<const iovec> p) { window.write(p); }, skipped, window.left());
  }

  void write_mask(const MaskPlane& plane, Window& window) {
    MaskRows mask(*plan_.source->hdus[plane.hdu].wcs, *plan_.region, plane.box);
    for (std::int64_t y = plane.box.y.first; y <= plane.box.y.last && !window.done(); ++y) {
      const auto row = mask.row(y);
      const iovec piece{const_cast<unsigned char*>(row.data()), row.size()};
      window.write(std::span(&piece, 1));
    }
  }

  Plan plan_;
  Tools& tools_;
  std::shared_ptr<const fits::MappedFile> sending_, reading_;
};

}  // namespace

std::unique_ptr<http::Body> make_body(Plan plan, const std::string& path, Tools& tools) {
  return std::make_unique<CutBody>(std::move(plan), path, tools);
}

}  // namespace soda::cutout
