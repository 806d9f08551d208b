#include "data/header_text.h"

#include <algorithm>
#include <string_view>

namespace soda::data {
namespace {

constexpr std::size_t columns = 80;

void append_line(std::string& text, std::string_view card) {
  for (const char c : card) text += c >= ' ' && c <= '~' ? c : '?';
  text.append(columns - card.size(), ' ').append("\n");
}

}  // namespace

std::string header_text(const store::Holding& holding) {
  std::string text;
  std::size_t size = 0;
  for (const store::HduRecord& hdu : holding.hdus) {
    size += (hdu.cards.size() / columns + 3) * (columns + 1);
  }
  text.reserve(size);
  for (const store::HduRecord& hdu : holding.hdus) {
    if (!text.empty()) text += '\n';
    std::string_view cards = hdu.cards;
    while (!cards.empty()) {
      const std::string_view card = cards.substr(0, columns);
      append_line(text, card);
      cards.remove_prefix(card.size());
    }
    append_line(text, "END");
  }
  return text;
}

}  // namespace soda::data
