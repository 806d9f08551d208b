#include "tap/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "tap/catalogue.h"
#include "tap/parse_state.h"
#include "tap/translate.h"

namespace soda::tap {
namespace {

// What begins a clause: these never are an alias, reserved or not.
std::string hint_for(const Token& token, const Token& before) {
  if (token.upper == "LIMIT" || before.upper == "LIMIT")
    return "; ADQL has no LIMIT: write SELECT TOP n";
  if (token.upper == "DISTINCT" && before.kind == TokenKind::whole)
    return "; DISTINCT stands before TOP";
  if (token.kind == TokenKind::sign && token.text == ";")
    return "; one query ends with at most one ;, and nothing follows it";
  return {};
}

}  // namespace

Parser::Parser(std::string_view query) : tokens_(tokens_of(query)), closing_(tokens_.size(), 0) {
  std::vector<std::size_t> open;
  for (std::size_t at = 0; at < tokens_.size(); ++at) {
    if (tokens_[at].kind != TokenKind::sign) continue;
    if (tokens_[at].text == "(") {
      open.push_back(at);
    } else if (tokens_[at].text == ")" && !open.empty()) {
      closing_[open.back()] = at;
      open.pop_back();
    }
  }
}

Parser::Level::Level(Parser& parser) : parser_(parser) {
  if (parser_.depth_ >= deepest_nesting) {
    refuse(parser_.here().place,
           fmt::format("the query is nested more than {} levels deep", deepest_nesting));
  }
  ++parser_.depth_;
}

const Token& Parser::ahead(std::size_t count) const {
  return tokens_[std::min(at_ + count, tokens_.size() - 1)];
}

bool Parser::at_word(std::string_view upper) const {
  return here().kind == TokenKind::word && here().upper == upper;
}

bool Parser::at_sign(std::string_view sign) const {
  return here().kind == TokenKind::sign && here().text == sign;
}

bool Parser::take_word(std::string_view upper) {
  if (!at_word(upper)) return false;
  ++at_;
  return true;
}

bool Parser::take_sign(std::string_view sign) {
  if (!at_sign(sign)) return false;
  ++at_;
  return true;
}

void Parser::need_word(std::string_view upper) {
  if (!take_word(upper)) expected(upper);
}

void Parser::need_sign(std::string_view sign) {
  if (!take_sign(sign)) expected(in_quotes(sign));
}

void Parser::expected(std::string_view what) const {
  const Token& before = tokens_[at_ == 0 ? 0 : at_ - 1];
  refuse(here().place,
         fmt::format("found {}, expected {}{}", shown(here()), what, hint_for(here(), before)));
}

std::int64_t Parser::unsigned_number(std::string_view after) {
  const std::optional<std::int64_t> number =
      here().kind == TokenKind::whole ? to_integer(here().text) : std::nullopt;
  if (!number) expected(fmt::format("an unsigned whole number after {}", after));
  ++at_;
  return *number;
}

bool Parser::at_identifier() const {
  return here().kind == TokenKind::delimited ||
         (here().kind == TokenKind::word && !is_reserved(here().upper));
}

Identifier Parser::identifier(std::string_view what) {
  if (!at_identifier()) {
    if (here().kind != TokenKind::word) expected(what);
    expected(fmt::format("{} ({} is a reserved word: as a name it must be in double quotes)", what,
                         here().upper));
  }
  const Token& token = tokens_[at_++];
  return {token.text, token.kind == TokenKind::delimited, token.place};
}

std::vector<Identifier> Parser::path(std::string_view what) {
  std::vector<Identifier> names{identifier(what)};
  while (take_sign(".")) names.push_back(identifier("a name after \".\""));
  return names;
}

Statement Parser::statement() {
  Statement statement;
  if (take_word("WITH")) {
    do {
      if (statement.with.size() >= most_common_tables)
        refuse(here().place, fmt::format("WITH names at most {} tables", most_common_tables));
      statement.with.push_back(common());
    } while (take_sign(","));
  }
  statement.query = query();
  if (at_sign(";") && ahead().kind == TokenKind::end) ++at_;
  if (here().kind != TokenKind::end) expected("the end of the query");
  return statement;
}

Common Parser::common() {
  Common common;
  common.name = identifier("the name of a common table");
  need_word("AS");
  need_sign("(");
  common.query = query();
  need_sign(")");
  return common;
}

QueryTree Parser::query() {
  const Level level(*this);
  QueryTree tree = set_expression();
  if (take_word("ORDER")) {
    need_word("BY");
    tree.order = order_terms();
  }
  if (take_word("OFFSET")) tree.offset = unsigned_number("OFFSET");
  return tree;
}

// The next set operator, when it is one of those.
bool Parser::operation(QueryTree& tree, std::initializer_list<SetOperator> which) {
  constexpr std::pair<std::string_view, SetOperator> words[] = {
      {"UNION", SetOperator::union_},
      {"EXCEPT", SetOperator::except},
      {"INTERSECT", SetOperator::intersect}};
  for (const auto& [word, kind] : words) {
    if (!at_word(word) || std::ranges::find(which, kind) == which.end()) continue;
    const Place place = here().place;
    ++at_;
    const bool all = take_word("ALL");
    if (!all) take_word("DISTINCT");
    if (tree.operations.size() + 1 >= most_operands) {
      refuse(place, fmt::format("at most {} queries can be joined by {}", most_operands, word));
    }
    tree.operations.push_back({kind, all, place});
    return true;
  }
  return false;
}

QueryTree Parser::set_expression() {
  QueryTree first = set_term();
  if (!at_word("UNION") && !at_word("EXCEPT")) return first;
  QueryTree tree;
  tree.place = first.place;
  tree.operands.push_back(std::move(first));
  while (operation(tree, {SetOperator::union_, SetOperator::except}))
    tree.operands.push_back(set_term());
  return tree;
}

QueryTree Parser::set_term() {
  QueryTree first = set_primary();
  if (!at_word("INTERSECT")) return first;
  QueryTree tree;
  tree.place = first.place;
  tree.operands.push_back(std::move(first));
  while (operation(tree, {SetOperator::intersect})) tree.operands.push_back(set_primary());
  return tree;
}

QueryTree Parser::set_primary() {
  if (take_sign("(")) {
    QueryTree inner = query();
    need_sign(")");
    const bool complete =
        !inner.order.empty() || inner.offset || (inner.select && inner.select->top);
    if (!complete) return inner;
    // What stands around it is about its rows, not part of it.
    QueryTree around;
    around.place = inner.place;
    around.operands.push_back(std::move(inner));
    return around;
  }
  if (!at_word("SELECT")) expected("SELECT");
  QueryTree tree;
  tree.place = here().place;
  tree.select = std::make_unique<Select>(select());
  return tree;
}

Select Parser::select() {
  Select select;
  select.place = here().place;
  need_word("SELECT");
  if (take_word("DISTINCT")) {
    select.distinct = true;
  } else {
    take_word("ALL");
  }
  if (take_word("TOP")) select.top = unsigned_number("TOP");
  do {
    // Each is a column or more; of a longer list the tree would be large.
    if (select.items.size() >= most_columns)
      refuse(here().place, fmt::format("a SELECT has at most {} columns", most_columns));
    select.items.push_back(select_item());
  } while (take_sign(","));
  if (!at_word("FROM")) expected("\",\" or FROM");
  ++at_;
  do {
    select.from.push_back(from_item());
  } while (take_sign(","));
  if (take_word("WHERE")) select.where = condition("WHERE");
  if (take_word("GROUP")) {
    need_word("BY");
    do {
      if (select.group.size() >= most_keys)
        refuse(here().place, fmt::format("GROUP BY has at most {} terms", most_keys));
      select.group.push_back(value("GROUP BY"));
    } while (take_sign(","));
  }
  if (take_word("HAVING")) select.having = condition("HAVING");
  return select;
}

// Whether `name. … *` begins here.
bool Parser::at_qualified_star() const {
  for (std::size_t i = 0;; i += 2) {
    const Token& name = ahead(i);
    const Token& dot = ahead(i + 1);
    const bool named = name.kind == TokenKind::word || name.kind == TokenKind::delimited;
    if (!named || dot.kind != TokenKind::sign || dot.text != ".") return false;
    const Token& star = ahead(i + 2);
    if (star.kind == TokenKind::sign && star.text == "*") return true;
  }
}

SelectItem Parser::select_item() {
  SelectItem item;
  item.place = here().place;
  if (take_sign("*")) {
    item.star = true;
    return item;
  }
  if (at_qualified_star()) {
    item.star = true;
    while (!take_sign("*")) {
      item.path.push_back(identifier("a table"));
      need_sign(".");
    }
    return item;
  }
  item.value = value("the list of SELECT");
  item.alias = alias();
  return item;
}

std::optional<Identifier> Parser::alias() {
  if (take_word("AS")) return identifier("a name after AS");
  if (!at_identifier()) return std::nullopt;
  return identifier("a name");
}

std::vector<OrderTerm> Parser::order_terms() {
  std::vector<OrderTerm> terms;
  do {
    if (terms.size() >= most_keys)
      refuse(here().place, fmt::format("ORDER BY has at most {} terms", most_keys));
    OrderTerm term;
    term.place = here().place;
    term.value = value("ORDER BY");
    term.descending = take_word("DESC");
    if (!term.descending) take_word("ASC");
    terms.push_back(std::move(term));
  } while (take_sign(","));
  return terms;
}

Statement parse(std::string_view query) { return Parser(query).statement(); }

}  // namespace soda::tap
