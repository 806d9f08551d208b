#include "fits/folded.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace soda::fits {
namespace {

// No card of a readable header begins with this byte (FITS 4.0 section 4.1.2.1), and one of an
// unreadable header is folded: its keyword is nobody's.
constexpr char mark = '\x01';

bool is_marker(std::string_view card) noexcept { return card.front() == mark; }

// END and the blanks behind it: of each header's last block a front part.
constexpr std::array<char, block_length> end_block = [] {
  std::array<char, block_length> block{};
  block.fill(' ');
  block[0] = 'E', block[1] = 'N', block[2] = 'D';
  return block;
}();

iovec piece_of(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

FoldedHeader::FoldedHeader(std::shared_ptr<const Header> whole,
                           const std::function<bool(std::string_view)>& is_open) {
  auto folds = std::make_shared<Folds>();
  bool was_open = false;
  bool folding = false;
  for (std::size_t i = 0; i < whole->size(); ++i) {
    const std::string_view card = whole->card(i);
    const bool continues = card.starts_with("CONTINUE");
    was_open = !is_marker(card) && (continues ? was_open : is_open(Header::keyword(card)));
    if (was_open) {
      open.append(card);
    } else if (folding) {
      auto& stretch = folds->stretches.back();
      stretch = {stretch.data(), stretch.size() + card_length};
    } else {
      open.append(fmt::format("{}{}", mark, folds->stretches.size()));
      folds->stretches.push_back(card);
    }
    folding = !was_open;
  }
  for (const auto& stretch : folds->stretches) folds->length += stretch.size();
  folds->whole = std::move(whole);
  folds_ = std::move(folds);
}

std::string_view FoldedHeader::text_at(std::size_t index) const noexcept {
  const std::string_view card = open.card(index);
  if (folds_ == nullptr || !is_marker(card)) return card;
  return folds_->stretches[static_cast<std::size_t>(*to_integer(trim(card.substr(1))))];
}

Header FoldedHeader::unfold() const {
  std::string cards;
  cards.reserve(cards_length());
  for (std::size_t i = 0; i < open.size(); ++i) cards += text_at(i);
  return Header(std::move(cards));
}

std::size_t FoldedHeader::cards_length() const noexcept {
  if (folds_ == nullptr) return open.cards().size();
  return open.cards().size() - folds_->stretches.size() * card_length + folds_->length;
}

std::size_t FoldedHeader::memory() const noexcept {
  const std::size_t own = sizeof *this + open.cards().capacity();
  if (folds_ == nullptr) return own;
  return own + folds_->whole->cards().capacity() +
         folds_->stretches.capacity() * sizeof(std::string_view);
}

std::int64_t FoldedHeader::blocks_length() const noexcept {
  return padded(static_cast<std::int64_t>(cards_length() + card_length));
}

void FoldedHeader::append_blocks(std::vector<iovec>& pieces) const {
  const std::string_view cards = open.cards();
  std::size_t begin = 0;  // of the open cards not yet passed on, which go out in one piece
  const auto pass_on = [&](std::size_t end) {
    if (end > begin) pieces.push_back(piece_of(cards.substr(begin, end - begin)));
  };
  for (std::size_t i = 0; i < open.size(); ++i) {
    const std::string_view text = text_at(i);
    if (text.data() == cards.data() + i * card_length) continue;
    pass_on(i * card_length);
    pieces.push_back(piece_of(text));
    begin = (i + 1) * card_length;
  }
  pass_on(cards.size());
  const auto rest = static_cast<std::size_t>(blocks_length()) - cards_length();
  pieces.push_back(piece_of({end_block.data(), rest}));
}

}  // namespace soda::fits
