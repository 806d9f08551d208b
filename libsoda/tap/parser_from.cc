#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "tap/parse_state.h"
#include "tap/translate.h"

namespace soda::tap {
namespace {

struct JoinWord {
  std::string_view word;
  JoinKind kind;
};
constexpr std::array<JoinWord, 3> outer_joins = {
    {{"LEFT", JoinKind::left}, {"RIGHT", JoinKind::right}, {"FULL", JoinKind::full}}};

constexpr std::array<std::string_view, 5> after_operand = {"UNION", "EXCEPT", "INTERSECT", "ORDER",
                                                           "OFFSET"};

bool is_sign(const Token& token, std::string_view text) {
  return token.kind == TokenKind::sign && token.text == text;
}

}  // namespace

// Whether what stands in the parenthesis that was just opened is a query, not joined tables:
// parentheses may stand around its operands, and around the tables.
bool Parser::query_in_parentheses() const {
  for (std::size_t at = at_;; ++at) {
    if (!is_sign(tokens_[at], "("))
      return tokens_[at].kind == TokenKind::word && tokens_[at].upper == "SELECT";
    const std::size_t close = closing_[at];
    if (close == 0) return false;  // not closed: an error in either case
    const Token& after = tokens_[close + 1];
    if (std::ranges::find(after_operand, after.upper) != after_operand.end()) return true;
    if (!is_sign(after, ")")) return false;
  }
}

// A table, a query with its name, or joined tables in parentheses.
FromItem Parser::from_primary() {
  const Level level(*this);
  FromItem item;
  item.place = here().place;
  if (!take_sign("(")) {
    item.path = path("a table");
    if (at_sign("(")) refuse(item.place, "ADQL has no functions that give tables");
    item.alias = alias();
    return item;
  }
  if (!query_in_parentheses()) {
    FromItem joined = from_item();
    need_sign(")");
    return joined;
  }
  item.query = std::make_unique<QueryTree>(query());
  need_sign(")");
  if (!at_word("AS") && !at_identifier()) expected("a name for the query in parentheses");
  item.alias = alias();
  return item;
}

// The words of a join up to JOIN; nothing when no join follows.
std::optional<JoinStep> Parser::join_words() {
  JoinStep step;
  step.place = here().place;
  const std::size_t start = at_;
  step.natural = take_word("NATURAL");
  bool cross = false;
  if (take_word("CROSS")) {
    cross = true;
  } else if (!take_word("INNER")) {
    for (const JoinWord& row : outer_joins) {
      if (!take_word(row.word)) continue;
      step.kind = row.kind;
      take_word("OUTER");
      break;
    }
  }
  if (at_ == start && !at_word("JOIN")) return std::nullopt;
  need_word("JOIN");
  if (cross && step.natural) refuse(step.place, "a CROSS JOIN cannot be NATURAL");
  return step;
}

// One more JOIN, when there is one.
bool Parser::join_step(FromItem& joined) {
  std::optional<JoinStep> step = join_words();
  if (!step) return false;
  step->item = std::make_unique<FromItem>(from_primary());
  if (take_word("ON")) {
    step->on = condition("ON");
  } else if (take_word("USING")) {
    need_sign("(");
    do {
      step->shared.push_back(identifier("a column that both tables have"));
    } while (take_sign(","));
    need_sign(")");
  }
  const bool said = step->on || !step->shared.empty();
  if (step->natural && said) refuse(step->place, "a NATURAL JOIN takes neither ON nor USING");
  if (step->kind != JoinKind::inner && !step->natural && !said) expected("ON or USING");
  joined.steps.push_back(std::move(*step));
  return true;
}

FromItem Parser::from_item() {
  FromItem first = from_primary();
  FromItem joined;
  joined.place = first.place;
  while (join_step(joined)) {
  }
  if (joined.steps.empty()) return first;
  joined.first = std::make_unique<FromItem>(std::move(first));
  return joined;
}

}  // namespace soda::tap
