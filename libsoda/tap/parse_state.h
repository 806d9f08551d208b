// The parser's parts share this: where it stands in the words, and what each part reads. Private to
// the room.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "tap/lexer.h"
#include "tap/tree.h"

namespace soda::tap {

class Parser {
 public:
  explicit Parser(std::string_view query);
  Statement statement();

 private:
  // Counts how deeply the text is nested; one on the stack for each recursion.
  class Level {
   public:
    explicit Level(Parser& parser);
    ~Level() { --parser_.depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Parser& parser_;
  };

  // parser.cc: words, and what a query is made of.
  const Token& here() const { return tokens_[at_]; }
  const Token& ahead(std::size_t count = 1) const;
  bool at_word(std::string_view upper) const;
  bool at_sign(std::string_view sign) const;
  bool take_word(std::string_view upper);
  bool take_sign(std::string_view sign);
  void need_word(std::string_view upper);
  void need_sign(std::string_view sign);
  [[noreturn]] void expected(std::string_view what) const;
  std::int64_t unsigned_number(std::string_view after);
  bool at_identifier() const;
  Identifier identifier(std::string_view what);
  std::vector<Identifier> path(std::string_view what);
  bool at_qualified_star() const;
  Common common();
  QueryTree query();
  QueryTree set_expression();
  QueryTree set_term();
  QueryTree set_primary();
  bool operation(QueryTree& tree, std::initializer_list<SetOperator> which);
  Select select();
  SelectItem select_item();
  std::optional<Identifier> alias();
  std::vector<OrderTerm> order_terms();

  // parser_from.cc
  FromItem from_item();
  FromItem from_primary();
  bool query_in_parentheses() const;
  bool join_step(FromItem& joined);
  std::optional<JoinStep> join_words();

  // parser_values.cc: values and conditions, by strength.
  Node value(std::string_view where);
  Node condition(std::string_view where);
  Node any();  // either, as it comes
  Node conjunction();
  Node negation();
  Node predicate();
  Node predicate_after(Node left);
  Node negatable(Node left, Place place, bool negated);
  Node in_list(Node left);
  Node chain(std::size_t weakest);
  bool at_operator(std::size_t strength) const;
  Node chained(Node first, std::size_t strength);
  Node unary();
  Node primary();
  Node word_primary();
  Node call();
  Node aggregate();
  Node cast();
  Node choice();
  Node exists();
  Node number_literal();

  std::vector<Token> tokens_;
  std::vector<std::size_t> closing_;  // of each opening parenthesis its other end; else 0
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

// Throws when the node is a condition, or is none.
void need_value(const Node& node, std::string_view where);
void need_condition(const Node& node, std::string_view where);

}  // namespace soda::tap
