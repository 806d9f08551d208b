#include "target.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"

namespace soda::fuzz {
namespace {

// Several values of 80 to 400 characters may be quoted in one sentence, each byte of them as \xNN.
constexpr std::size_t longest_sentence = 8192;

[[noreturn]] void stop(std::string_view property, std::string_view detail) {
  std::fprintf(stderr, "property broken: %.*s%s%.*s\n", static_cast<int>(property.size()),
               property.data(), detail.empty() ? "" : ": ",
               static_cast<int>(std::min(detail.size(), longest_sentence)), detail.data());
  std::abort();
}

bool printable(char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7f; }

}  // namespace

void require(bool holds, std::string_view property) {
  if (!holds) stop(property, {});
}

void require_presentable(const Failure& failure, std::initializer_list<FailureKind> allowed) {
  const std::string_view sentence = failure.what();
  if (std::ranges::find(allowed, failure.kind()) == allowed.end()) {
    stop("the failure is of a kind that the room announces", sentence);
  }
  if (sentence.empty()) stop("a failure has a sentence", {});
  if (sentence.size() > longest_sentence) stop("a sentence has a bounded length", sentence);
  if (!is_utf8(sentence)) stop("a sentence is UTF-8", sentence);
  if (!std::ranges::all_of(sentence, printable)) stop("a sentence is one line", sentence);
}

std::string_view take_until(std::string_view& text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  const std::string_view head = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + mark.size());
  return head;
}

}  // namespace soda::fuzz
