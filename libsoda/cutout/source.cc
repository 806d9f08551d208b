#include "cutout/source.h"

#include <algorithm>
#include <utility>

#include "cutout/cards.h"
#include "fits/file.h"

namespace soda::cutout {
namespace {

// The arrays that ingest read for this HDU, found again by what the world coordinates ask for.
wcs::TableSource tables_of(const store::HduRecord& record) {
  return [&record](const wcs::TableRequest& asked) -> std::optional<wcs::TableArray> {
    for (const auto& array : record.arrays) {
      if (array.extname == asked.extname && array.extver == asked.extver &&
          array.extlevel == asked.extlevel && array.column == asked.column &&
          array.row == asked.row) {
        return wcs::TableArray{array.shape, array.values, array.cards};
      }
    }
    return std::nullopt;
  };
}

fits::Header image_header(const store::HduRecord& record) {
  fits::Header stored(record.cards);
  return record.compression.empty() ? stored : fits::uncompressed_header(stored);
}

}  // namespace

std::size_t Source::memory() const noexcept {
  std::size_t bytes = sizeof *this + holding->memory();
  for (const auto& hdu : hdus) {
    bytes += sizeof hdu + hdu.header.memory() + (hdu.wcs ? hdu.wcs->memory() : 0);
  }
  return bytes;
}

const SourceHdu* celestial_of(const Source& source, const SourceHdu& hdu) {
  if (hdu.wcs->celestial()) return &hdu;
  const auto found = std::ranges::find_if(source.hdus, [&](const SourceHdu& other) {
    return other.is_image() && other.record->grid == hdu.record->grid && other.wcs->celestial();
  });
  return found == source.hdus.end() ? nullptr : &*found;
}

std::shared_ptr<const Source> make_source(std::shared_ptr<const store::Holding> holding) {
  auto source = std::make_shared<Source>();
  source->holding = std::move(holding);
  for (const auto& record : source->holding->hdus) {
    SourceHdu hdu;
    hdu.record = &record;
    const auto header = std::make_shared<const fits::Header>(image_header(record));
    hdu.header = fits::FoldedHeader(header, may_change);
    if (hdu.is_image()) {
      hdu.wcs = wcs::Wcs::parse(header->cards(), record.shape, tables_of(record));
    }
    source->hdus.push_back(std::move(hdu));
  }
  return source;
}

std::shared_ptr<const Source> SourceCache::get(
    const std::shared_ptr<const store::Holding>& holding) {
  if (const auto found = index_.find(holding.get()); found != index_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    return order_.front();
  }
  auto source = make_source(holding);
  used_ += source->memory();
  order_.push_front(source);
  index_[holding.get()] = order_.begin();
  while (used_ > budget_ && order_.size() > 1) {
    used_ -= order_.back()->memory();
    index_.erase(order_.back()->holding.get());
    order_.pop_back();
  }
  return source;
}

}  // namespace soda::cutout
