// The translation's parts share this: what has been bound and named so far, and what each part
// makes. Private to the room.
//
// Bounds, beyond the parser's: SQLite's own parser holds at most 100 symbols on its stack, joins at
// most 64 tables, and may write one query out as often as it is referred to (queries of FROM
// joined by UNION ALL: as often as there are combinations); all are counted here and refused before
// SQLite meets them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tap/scope.h"
#include "tap/translate.h"
#include "tap/tree.h"
#include "tap/value.h"

namespace soda::tap {

// What a query costs SQLite to compile, see above.
struct Size {
  std::size_t tables = 0;  // of one FROM when the queries in it are merged into it
  std::size_t arms = 1;    // SELECTs when those joined by UNION ALL are multiplied out
  std::size_t total = 1;   // SELECTs and tables, each as often as it is referred to
};

// A query's answer: as an answer it gives one value for each column; as a table of FROM its columns
// are c1, c2 …, and g1, g2 … the blobs of geometries.
enum class Form { answer, table };

struct Output {
  OutputColumn column;
  std::optional<Type> type;  // empty: NULL in all rows
  std::string sql;           // of a SELECT: what the column is; else empty
  std::string blob;          // of a geometry, the same
  Place place;
  std::size_t position = 0;  // among the columns of the statement, from 1
};

struct Block {
  std::string sql;
  std::vector<Output> columns;
  Size size;
  bool simple = true;  // a SELECT, without ORDER BY, TOP or OFFSET: may stand beside UNION
};

// Tables of FROM joined in one way or another.
struct Joined {
  std::string sql;  // unless flat
  std::vector<const Source*> sources;
  std::vector<Shown> shown;
  // Inner joins only: their tables and conditions one by one.
  bool flat = true;
  bool loose_order = true;  // without RIGHT or FULL JOIN
  struct Part {
    const Source* source;
    std::string sql;
  };
  std::vector<Part> parts;
  std::vector<Condition> conditions;
  Size size;
};

// What a literal of a number is, a whole one or a double, and its text for SQLite.
store::Value number_of(const Node& node);
std::string number_text(const store::Value& number);

// The columns of a block that was made in the form of a table.
std::vector<TableColumn> table_columns(const Block& block);

class Translator {
 public:
  explicit Translator(const Catalogue& catalogue) : catalogue_(catalogue) {}
  Query query(const Statement& statement);

 private:
  // Counts the symbols on the stack of SQLite's parser; one on our stack for each recursion.
  class Level {
   public:
    Level(Translator& translator, std::size_t symbols, Place place);
    ~Level() { translator_.symbols_ -= symbols_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Translator& translator_;
    std::size_t symbols_;
  };
  struct CommonTable {
    Identifier name;
    std::string sql_name;
    std::shared_ptr<const std::vector<TableColumn>> columns;
    Size size;
  };

  // queries.cc
  Block block(const QueryTree& tree, Form form, const Scope* outer);
  Block set_operation(const QueryTree& tree, Form form, const Scope* outer);
  Block operand(const QueryTree& tree, Form form, const Scope* outer);
  void common(const Common& common, std::string& sql);

  // selects.cc
  Block select(const QueryTree& tree, Form form, const Scope* outer);
  void items(const Select& select, const Scope& scope, std::vector<Output>& outputs);
  std::string group(const Select& select, Scope& scope);
  std::string order_of_select(const QueryTree& tree, const Scope& scope,
                              const std::vector<Output>& outputs);
  std::string order_term(const OrderTerm& term, const Scope& scope, const Select& select,
                         const std::vector<Output>& outputs);

  // from.cc
  Joined from(const std::vector<FromItem>& items);
  Joined joined(const FromItem& item);
  Joined primary(const FromItem& item);
  Joined query_item(const FromItem& item);
  const Table* find_table(const std::vector<Identifier>& path);
  void join(Joined& left, const JoinStep& step);
  Condition join_condition(const Joined& left, const Joined& right, const JoinStep& step);
  std::vector<Shown> merged(const Joined& left, const Joined& right, const JoinStep& step,
                            Condition& condition);
  void check_size(const Size& size, Place place) const;
  const Source& add_source(Source source);

  // values.cc
  Value value(const Node& node, const Scope& scope);
  Value plain(const Node& node, const Scope& scope);
  Value literal(const Node& node);
  Value chain(const Node& node, const Scope& scope);
  Value concatenation(const Node& node, std::vector<Value> operands);
  Value arithmetic(const Node& node, std::vector<Value> operands);
  Value negative(const Node& node, const Scope& scope);
  Value aggregate(const Node& node, const Scope& scope);
  Value cast(const Node& node, const Scope& scope);
  Value choice(const Node& node, const Scope& scope);
  std::string bind(store::Value value);
  std::string text_sql(std::string_view text);
  std::string number_sql(const store::Value& number);
  void set_constant(Value& value, double number);

  // calls.cc
  Value call(const Node& node, const Scope& scope);
  Value coalesce(const Node& node, const Scope& scope);
  Value in_unit(const Node& node, const Scope& scope);
  Value bitwise(const Node& node, const Scope& scope);
  std::vector<Value> arguments(const Node& node, const Scope& scope);

  // geometry.cc
  std::optional<Value> geometry(const Node& node, const Scope& scope);

  // conditions.cc; `negated` gives the condition's opposite (NOT is carried inward, which keeps the
  // logic of NULL).
  Condition condition(const Node& node, const Scope& scope, bool negated = false);
  Condition several(const Node& node, const Scope& scope, bool negated);
  Condition comparison(const Node& node, const Scope& scope, bool negated);
  Condition between(const Node& node, const Scope& scope, bool negated);
  Condition in_list(const Node& node, const Scope& scope, bool negated);
  std::string literals(const Node& node, const Value& subject);
  Condition in_query(const Node& node, const Scope& scope, bool negated);
  Condition like(const Node& node, const Scope& scope, bool negated);
  Condition is_null(const Node& node, const Scope& scope, bool negated);
  Condition exists(const Node& node, const Scope& scope, bool negated);
  Condition compared(const Node& node, std::string_view sign, const Value& left,
                     const Value& right);
  std::string compared_time(const Value& time, std::string_view sign, const Value& literal);
  Condition like_literal(const Value& left, std::string_view pattern, bool negated);

  const Catalogue& catalogue_;
  std::deque<Source> sources_;
  std::vector<CommonTable> common_;
  std::vector<const Table*> tables_;
  std::vector<store::Value> bindings_;
  // Those that are bound already; numbers by their kind and bits.
  std::map<std::string, std::string, std::less<>> texts_;
  std::map<std::pair<bool, std::int64_t>, std::string> numbers_;
  std::size_t symbols_ = 0, conditions_ = 0;
  const Scope* outer_ = nullptr;      // around the SELECT that is being translated
  std::size_t nested_ = 0;            // size of the queries in its conditions
  const QueryTree* whole_ = nullptr;  // the tree whose order is the answer's
};

}  // namespace soda::tap
