// The cards of a header that have to do with coordinates, cleaned of what a hostile header could do
// with them.
//
// Internal to the room. Only keywords of the WCS papers (and of the conventions that we or WCSLIB
// read) are kept, and only those whose axis numbers do not exceed kMaxAxes, so that WCSLIB's arrays
// stay small and long headers stay cheap to read.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soda::wcs {

inline constexpr int kMaxAxes = 32;
inline constexpr std::size_t kMaxHeader = 16U << 20;

class Cards {
 public:
  // Reads cards of 80 bytes up to END, or to the end of the text. The text need not outlive the
  // object.
  explicit Cards(std::string_view header);

  // Values of fixed-format and free-format cards (FITS 4.0 section 4.2); the last card of a name
  // counts. Empty: absent or of another kind.
  std::optional<double> number(std::string_view keyword) const;
  std::optional<std::string> text(std::string_view keyword) const;
  // The field of a record-valued card (WCS paper IV): record("DP1", "EXTVER") reads DP1 = 'EXTVER:
  // 2'.
  std::optional<double> record(std::string_view keyword, std::string_view field) const;

  struct Card {
    std::string keyword;
    std::string image;  // 80 bytes
  };
  const std::vector<Card>& all() const noexcept { return cards_; }
  void erase_if(const std::function<bool(const Card&)>& doomed);

  // The cards as one text that starts with NAXIS = `axes` and ends with END, for WCSLIB.
  std::string image(std::size_t axes) const;

 private:
  std::vector<Card> cards_;
};

// The value field of a card: a quoted string without its quotes (doubled quotes undone, trailing
// blanks removed), or the bare word.
std::string card_value(std::string_view card);
// A number as FITS writes it: exponent letter D or E, leading + allowed.
std::optional<double> fits_number(std::string_view text);

}  // namespace soda::wcs
