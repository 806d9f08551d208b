#include "cutout/shown.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <limits>

#include "base/failure.h"
#include "cutout/rows.h"
#include "cutout/sampling.h"
#include "fits/endian.h"
#include "image/reduce.h"

namespace soda::cutout {
namespace {

using wcs::PixelInterval;

constexpr std::int64_t page = 4096;

Shown shown_of(const Source& source, int hdu, const std::vector<PixelInterval>& asked,
               const std::vector<PixelInterval>& inside) {
  const SourceHdu& image = source.hdus.at(static_cast<std::size_t>(hdu));
  Shown shown;
  shown.hdu = hdu;
  const SourceHdu* on_sky = celestial_of(source, image);
  shown.wcs = on_sky == nullptr ? nullptr : on_sky->wcs;
  if (shown.wcs && static_cast<std::size_t>(shown.wcs->y_axis()) < inside.size()) {
    shown.x = shown.wcs->x_axis();
    shown.y = shown.wcs->y_axis();
  } else {
    shown.wcs = nullptr;
  }
  for (std::size_t i = 0; i < inside.size(); ++i) {
    const bool states =
        i < image.wcs->axes().size() && image.wcs->axes()[i].role == wcs::Role::stokes;
    const std::int64_t plane =
        states ? inside[i].first : inside[i].first + (inside[i].length() - 1) / 2;
    shown.held.push_back({plane, plane});
  }
  const auto on = [](const std::vector<PixelInterval>& box, int axis) {
    const auto i = static_cast<std::size_t>(axis);
    return i < box.size() ? box[i] : PixelInterval{1, 1};
  };
  shown.asked = {on(asked, shown.x), on(asked, shown.y)};
  shown.inside = {on(inside, shown.x), on(inside, shown.y)};
  return shown;
}

Storage storage_of(const store::HduRecord& record, const Shown& shown) {
  Storage storage;
  storage.pixel = std::abs(record.bitpix) / 8;
  if (record.compression.empty()) {
    // Along any axis but the first, pixels lie apart.
    std::int64_t step = storage.pixel;
    for (int i = 0; i < shown.x; ++i) {
      step = std::min(page, step * std::min(page, record.shape[static_cast<std::size_t>(i)]));
    }
    storage.pixel = step;
    return storage;
  }
  storage.pixel = 1;
  storage.rows =
      record.compression.starts_with("RICE") ? Storage::Rows::from_top : Storage::Rows::whole_tiles;
  for (std::size_t i = 0; i < record.tile.size(); ++i) {
    const std::int64_t length = std::max<std::int64_t>(1, record.tile[i]);
    if (i == static_cast<std::size_t>(shown.y)) {
      storage.tile_rows = length;
    } else if (i != static_cast<std::size_t>(shown.x)) {
      storage.pixel = std::min(storage.pixel * std::min(page, length), page * page);
    }
  }
  return storage;
}

// Stored numbers -> values.
class Decoder {
 public:
  Decoder(const SourceHdu& hdu) : bitpix_(hdu.record->bitpix) {
    const fits::Header header = hdu.header.unfold();
    scale_ = header.real("BSCALE").value_or(1);
    zero_ = header.real("BZERO").value_or(0);
    if (bitpix_ > 0) blank_ = header.integer("BLANK");
  }

  std::size_t size() const { return static_cast<std::size_t>(std::abs(bitpix_)) / 8; }

  void decode(const char* from, std::span<double> into) const {
    switch (bitpix_) {
      case 8:
        return decode_integers<std::uint8_t>(from, into);
      case 16:
        return decode_integers<std::int16_t>(from, into);
      case 32:
        return decode_integers<std::int32_t>(from, into);
      case 64:
        return decode_integers<std::int64_t>(from, into);
      case -32:
        return decode_floats<float>(from, into);
      default:
        return decode_floats<double>(from, into);
    }
  }

 private:
  template <class T>
  void decode_integers(const char* from, std::span<double> into) const {
    for (double& value : into) {
      const T stored = fits::load_big_endian<T>(from);
      value = blank_ && *blank_ == static_cast<std::int64_t>(stored)
                  ? std::numeric_limits<double>::quiet_NaN()
                  : static_cast<double>(stored) * scale_ + zero_;
      from += sizeof(T);
    }
  }
  template <class T>
  void decode_floats(const char* from, std::span<double> into) const {
    for (double& value : into) {
      value = static_cast<double>(fits::load_big_endian<T>(from)) * scale_ + zero_;
      from += sizeof(T);
    }
  }

  int bitpix_;
  double scale_ = 1, zero_ = 0;
  std::optional<std::int64_t> blank_;
};

// Takes the bytes of a box in order, in pieces of any length, and adds its values to the picture.
class Feed {
 public:
  Feed(const Decoder& decoder, const Shown& shown, const wcs::PixelBox& box, MaskRows* mask,
       image::Reduction& picture)
      : decoder_(decoder), shown_(shown), box_(box), mask_(mask), picture_(picture) {
    x_ = box.x.first;
    y_ = box.y.first;
  }

  void take(std::span<const iovec> pieces) {
    for (const iovec& piece : pieces) {
      take_piece({static_cast<const char*>(piece.iov_base), piece.iov_len});
    }
  }

 private:
  static constexpr std::int64_t most_values = 8192;

  void take_piece(std::span<const char> bytes) {
    const std::size_t size = decoder_.size();
    if (split_ > 0) {  // the rest of a pixel that began in the last piece
      const std::size_t rest = std::min(size - split_, bytes.size());
      std::copy_n(bytes.begin(), rest, pixel_.begin() + static_cast<std::ptrdiff_t>(split_));
      split_ += rest;
      bytes = bytes.subspan(rest);
      if (split_ < size) return;
      split_ = 0;
      add(pixel_.data(), 1);
    }
    while (bytes.size() >= size) {
      const std::int64_t count = std::min(
          {static_cast<std::int64_t>(bytes.size() / size), box_.x.last - x_ + 1, most_values});
      add(bytes.data(), count);
      bytes = bytes.subspan(static_cast<std::size_t>(count) * size);
    }
    std::copy(bytes.begin(), bytes.end(), pixel_.begin());
    split_ = bytes.size();
  }

  void add(const char* bytes, std::int64_t count) {
    const std::span<double> values(values_.data(), static_cast<std::size_t>(count));
    decoder_.decode(bytes, values);
    if (mask_ != nullptr) {
      const auto row = mask_->row(y_).subspan(static_cast<std::size_t>(x_ - box_.x.first));
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (row[i] == 0) values[i] = std::numeric_limits<double>::quiet_NaN();
      }
    }
    picture_.add(y_ - shown_.asked.y.first, x_ - shown_.asked.x.first, values);
    x_ += count;
    if (x_ <= box_.x.last) return;
    x_ = box_.x.first;
    ++y_;
  }

  const Decoder& decoder_;
  const Shown& shown_;
  wcs::PixelBox box_;
  MaskRows* mask_;
  image::Reduction& picture_;
  std::int64_t x_, y_;  // of the next pixel
  std::array<char, 8> pixel_{};
  std::size_t split_ = 0;  // bytes of pixel_
  std::array<double, most_values> values_;
};

class Reader {
 public:
  Reader(const Source& source, const Shown& shown, const std::string& path, Tools& tools)
      : shown_(shown),
        tools_(tools),
        hdu_(source.hdus.at(static_cast<std::size_t>(shown.hdu))),
        decoder_(hdu_) {
    const auto& file = source.holding->file;
    file_ = tools.reading.open(path, {file.size, file.mtime_ns, file.inode}, file.gzipped);
  }

  image::Plane read(int size) {
    const Sampling sampling =
        sample(shown_.asked, shown_.inside, storage_of(*hdu_.record, shown_), size);
    image::Reduction picture(shown_.asked.x.length(), shown_.asked.y.length(), sampling.width,
                             sampling.height);
    for (const PixelInterval& rows : sampling.rows) {
      if (sampling.columns.size() == 1) {
        read_box({sampling.columns.front(), rows}, picture);
        continue;
      }
      for (std::int64_t y = rows.first; y <= rows.last; ++y) {
        for (const PixelInterval& columns : sampling.columns) {
          read_box({columns, {y, y}}, picture);
        }
      }
    }
    return picture.take();
  }

 private:
  void read_box(const wcs::PixelBox& box, image::Reduction& picture) {
    std::optional<MaskRows> mask;
    if (shown_.region && shown_.wcs) mask.emplace(*shown_.wcs, *shown_.region, box);
    Feed feed(decoder_, shown_, box, mask ? &*mask : nullptr, picture);
    const auto sink = [&](std::span<const iovec> pieces) { feed.take(pieces); };
    const store::HduRecord& record = *hdu_.record;
    const fits::Section section = section_of(box);
    if (record.compression.empty()) {
      fits::copy_plain(*file_, {record.data_offset, record.bitpix, record.shape}, section, sink);
    } else {
      tools_.tiles.copy(*file_, record.index, record.bitpix, record.shape, section, sink);
    }
  }

  fits::Section section_of(const wcs::PixelBox& box) const {
    fits::Section section;
    for (std::size_t i = 0; i < shown_.held.size(); ++i) {
      const PixelInterval& axis = i == static_cast<std::size_t>(shown_.x)   ? box.x
                                  : i == static_cast<std::size_t>(shown_.y) ? box.y
                                                                            : shown_.held[i];
      section.first.push_back(axis.first);
      section.last.push_back(axis.last);
    }
    return section;
  }

  const Shown& shown_;
  Tools& tools_;
  const SourceHdu& hdu_;
  Decoder decoder_;
  std::shared_ptr<const fits::MappedFile> file_;
};

}  // namespace

Shown shown_whole(const Source& source, int hdu) {
  std::vector<PixelInterval> all;
  for (const std::int64_t length : source.hdus.at(static_cast<std::size_t>(hdu)).record->shape) {
    all.push_back({1, length});
  }
  return shown_of(source, hdu, all, all);
}

Shown shown_part(const Plan& plan, const Pixels& pixels) {
  Shown shown = shown_of(*plan.source, pixels.hdu, pixels.asked, pixels.inside);
  if (pixels.blank_outside) shown.region = plan.region;
  return shown;
}

image::Plane read_shown(const Source& source, const Shown& shown, const std::string& path,
                        Tools& tools, int size) {
  return Reader(source, shown, path, tools).read(size);
}

}  // namespace soda::cutout
