// A header in which whatever will not be edited is folded away, so that an edit costs what it
// touches and not what stands around it (real headers have hundreds of cards; a cut changes a
// dozen).
//
// `open` is an ordinary header to edit. Each stretch of folded cards stands in it as one marker, a
// card whose keyword no FITS keyword can equal; so looking for a folded keyword finds nothing, and
// edits leave the markers in their places.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "fits/header.h"

namespace soda::fits {

class FoldedHeader {
 public:
  FoldedHeader() = default;
  // Nothing folded.
  explicit FoldedHeader(Header header) : open(std::move(header)) {}
  // `is_open` tells by its keyword whether a card may be edited or asked for; a CONTINUE card goes
  // with the card that it continues. Copies share `whole`.
  FoldedHeader(std::shared_ptr<const Header> whole,
               const std::function<bool(std::string_view)>& is_open);

  Header unfold() const;
  // Bytes that this holds, the shared header included.
  std::size_t memory() const noexcept;
  // Bytes of all cards with END, in whole blocks.
  std::int64_t blocks_length() const noexcept;
  // Appends these blocks in pieces, which are valid as long as this is there and unchanged.
  void append_blocks(std::vector<iovec>& pieces) const;

  Header open;

 private:
  // What stands at a card of `open`: the card itself, or the stretch it marks.
  std::string_view text_at(std::size_t index) const noexcept;
  std::size_t cards_length() const noexcept;

  struct Folds {
    std::shared_ptr<const Header> whole;
    std::vector<std::string_view> stretches;  // of `whole`
    std::size_t length = 0;                   // of all stretches
  };
  std::shared_ptr<const Folds> folds_;  // null: nothing is folded
};

}  // namespace soda::fits
