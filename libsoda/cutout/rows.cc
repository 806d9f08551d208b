#include "cutout/rows.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace soda::cutout {
namespace {

// Bytes of mask kept at once, and of rows gathered before they go out.
constexpr std::int64_t mask_budget = std::int64_t{4} << 20;
constexpr std::size_t out_budget = std::size_t{256} << 10;

// The stored form of "no value": a quiet NaN, or the BLANK integer, big-endian (FITS 4.0
// sections 4.4.2.5 and 5).
std::string blank_pixel(int bitpix, const std::optional<std::int64_t>& blank) {
  const std::size_t size = static_cast<std::size_t>(std::abs(bitpix)) / 8;
  std::string pixel(size, '\0');
  if (bitpix < 0) {
    pixel[0] = '\x7F';
    pixel[1] = bitpix == -32 ? '\xC0' : '\xF8';
    return pixel;
  }
  auto bits = static_cast<std::uint64_t>(blank.value_or(0));
  for (std::size_t i = size; i-- > 0; bits >>= 8) pixel[i] = static_cast<char>(bits & 0xFF);
  return pixel;
}

void fill(char* to, const std::string& pixel, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i, to += pixel.size()) {
    std::memcpy(to, pixel.data(), pixel.size());
  }
}

}  // namespace

MaskRows::MaskRows(const wcs::Wcs& wcs, const sky::Region& region, const wcs::PixelBox& box)
    : wcs_(wcs),
      region_(region),
      box_(box),
      band_(std::clamp<std::int64_t>(mask_budget / box.x.length(), 1, box.y.length())) {}

std::span<const unsigned char> MaskRows::rows_from(std::int64_t y) {
  if (y < first_ || y > last_) {
    first_ = box_.y.first + (y - box_.y.first) / band_ * band_;
    last_ = std::min(first_ + band_ - 1, box_.y.last);
    mask_ = wcs::mask_of(wcs_, region_, {box_.x, {first_, last_}});
  }
  return std::span(mask_).subspan(static_cast<std::size_t>((y - first_) * box_.x.length()));
}

std::span<const unsigned char> MaskRows::row(std::int64_t y) {
  return rows_from(y).first(static_cast<std::size_t>(box_.x.length()));
}

RowFilter::RowFilter(const Pixels& pixels, int bitpix, MaskRows* mask, int x, int y,
                     fits::ByteSink sink)
    : pixels_(pixels),
      size_(static_cast<std::size_t>(std::abs(bitpix)) / 8),
      blank_(blank_pixel(bitpix, pixels.blank)),
      mask_(mask),
      x_(x),
      y_(y),
      sink_(std::move(sink)) {
  for (const auto& axis : pixels.asked) at_.push_back(axis.first);
  while (!done_ && !row_is_inside()) emit_row(nullptr);
}

bool RowFilter::row_is_inside() const {
  for (std::size_t axis = 1; axis < at_.size(); ++axis) {
    const auto& inside = pixels_.inside[axis];
    if (at_[axis] < inside.first || at_[axis] > inside.last) return false;
  }
  return true;
}

void RowFilter::write(std::span<const iovec> pieces) {
  const std::size_t row = static_cast<std::size_t>(pixels_.inside[0].length()) * size_;
  for (const iovec& piece : pieces) {
    const char* from = static_cast<const char*>(piece.iov_base);
    std::size_t left = piece.iov_len;
    while (left > 0) {
      if (inner_.empty() && left >= row) {  // a whole row in place
        emit_row(from);
        from += row;
        left -= row;
        continue;
      }
      const std::size_t take = std::min(left, row - inner_.size());
      inner_.insert(inner_.end(), from, from + take);
      from += take;
      left -= take;
      if (inner_.size() == row) {
        emit_row(inner_.data());
        inner_.clear();
      }
    }
  }
}

void RowFilter::emit_row(const char* inner) {
  const auto& asked = pixels_.asked[0];
  const auto& inside = pixels_.inside[0];
  const std::size_t start = out_.size();
  out_.resize(start + static_cast<std::size_t>(asked.length()) * size_);
  char* row = out_.data() + start;
  if (inner == nullptr) {
    fill(row, blank_, asked.length());
  } else {
    const std::int64_t before = inside.first - asked.first;
    const std::int64_t after = asked.last - inside.last;
    fill(row, blank_, before);
    char* middle = row + static_cast<std::size_t>(before) * size_;
    std::memcpy(middle, inner, static_cast<std::size_t>(inside.length()) * size_);
    fill(middle + static_cast<std::size_t>(inside.length()) * size_, blank_, after);
    if (mask_ != nullptr) blank_masked(row);
  }
  if (out_.size() >= out_budget) flush();
  advance();
  // Rows that the image does not have follow by themselves.
  if (inner != nullptr) {
    while (!done_ && !row_is_inside()) emit_row(nullptr);
  }
}

void RowFilter::blank_masked(char* row) {
  const std::int64_t width = pixels_.asked[0].length();
  const auto mask = mask_->row(at_[static_cast<std::size_t>(y_)]);
  if (x_ != 0) {  // the whole row is one place on the sky
    const auto column =
        at_[static_cast<std::size_t>(x_)] - pixels_.asked[static_cast<std::size_t>(x_)].first;
    if (mask[static_cast<std::size_t>(column)] == 0) fill(row, blank_, width);
    return;
  }
  // Runs of pixels outside; rows wholly inside, the common case, cost one search.
  const unsigned char* const begin = mask.data();
  const unsigned char* const end = begin + width;
  for (const unsigned char* at = begin; at != end;) {
    const auto* outside =
        static_cast<const unsigned char*>(std::memchr(at, 0, static_cast<std::size_t>(end - at)));
    if (outside == nullptr) return;
    const auto* inside = static_cast<const unsigned char*>(
        std::memchr(outside, 1, static_cast<std::size_t>(end - outside)));
    at = inside == nullptr ? end : inside;
    fill(row + static_cast<std::size_t>(outside - begin) * size_, blank_, at - outside);
  }
}

void RowFilter::advance() {
  for (std::size_t axis = 1; axis < at_.size(); ++axis) {
    if (++at_[axis] <= pixels_.asked[axis].last) return;
    at_[axis] = pixels_.asked[axis].first;
  }
  done_ = true;
}

void RowFilter::flush() {
  if (out_.empty()) return;
  const iovec piece{out_.data(), out_.size()};
  sink_(std::span(&piece, 1));
  out_.clear();
}

}  // namespace soda::cutout
