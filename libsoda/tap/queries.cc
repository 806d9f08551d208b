#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "base/failure.h"
#include "tap/outputs.h"
#include "tap/parser.h"
#include "tap/translate.h"
#include "tap/translator.h"
#include "tap/types.h"

namespace soda::tap {
namespace {

// What SQLite's parser holds on its stack (YYSTACKDEPTH), less what a statement begins with.
constexpr std::size_t most_symbols = 85;
// Parameters of a statement by SQLite's default.
constexpr std::size_t most_bindings = 32'000;

constexpr std::string_view words(SetOperator kind) {
  constexpr std::string_view names[] = {"UNION", "EXCEPT", "INTERSECT"};
  return names[static_cast<std::size_t>(kind)];
}

// The columns of both operands as one: types that hold both; all else is the left one's.
void unify(Block& left, const Block& right, Place place, std::string_view word) {
  if (left.columns.size() != right.columns.size())
    refuse(place, fmt::format("the queries joined by {} have {} and {} columns", word,
                              left.columns.size(), right.columns.size()));
  for (std::size_t i = 0; i < left.columns.size(); ++i) {
    Output& a = left.columns[i];
    const Output& b = right.columns[i];
    a.sql.clear();
    a.blob.clear();
    if (!b.type || a.type == b.type) continue;
    const std::optional<Type> both = a.type ? wider(*a.type, *b.type) : b.type;
    if (!both)
      refuse(place, fmt::format("column {} of the queries joined by {} is {} and {}", i + 1, word,
                                said(*a.type), said(*b.type)));
    if (a.type != both) describe(a.column, *both);
    a.type = both;
  }
}

std::string names_of(const Block& block) {
  std::string names;
  for (std::size_t i = 0; i < block.columns.size(); ++i)
    names += fmt::format("{}\"c{}\"", i == 0 ? "" : ", ", i + 1);
  return names;
}

// INTERSECT ALL and EXCEPT ALL, which SQLite has not: equal rows are numbered, so that they differ.
std::string with_copies(const std::string& left, const std::string& right, SetOperator kind,
                        const std::string& names) {
  const std::string numbered =
      fmt::format("SELECT {0}, row_number() OVER (PARTITION BY {0}) AS \"copy\" FROM ", names);
  return fmt::format("SELECT {} FROM ({}({}) {} {}({}))", names, numbered, left, words(kind),
                     numbered, right);
}

// The statement with its parameters numbered anew, without those that no part of it came to use
// (a unit, a coordinate system), and what they are.
std::string renumbered(std::string_view sql, std::vector<store::Value>& bindings) {
  std::vector<store::Value> used;
  std::vector<std::size_t> numbers(bindings.size() + 1, 0);
  std::string result;
  result.reserve(sql.size());
  for (std::size_t at = 0; at < sql.size();) {
    // A name in quotes, or a parameter; a doubled quote begins the next name in quotes.
    const auto mark = std::find_if(sql.begin() + static_cast<std::ptrdiff_t>(at), sql.end(),
                                   [](char c) { return c == '?' || c == '"' || c == '\''; });
    auto next = static_cast<std::size_t>(mark - sql.begin());
    const bool quoted = next < sql.size() && sql[next] != '?';
    if (quoted) next = sql.find(sql[next], next + 1);
    next = std::min(next, sql.size() - 1) + 1;
    result += sql.substr(at, next - at);
    at = next;
    if (quoted || result.back() != '?') continue;
    std::size_t number = 0;
    for (; at < sql.size() && sql[at] >= '0' && sql[at] <= '9'; ++at)
      number = number * 10 + static_cast<std::size_t>(sql[at] - '0');
    if (numbers[number] == 0) {
      used.push_back(std::move(bindings[number - 1]));
      numbers[number] = used.size();
    }
    fmt::format_to(std::back_inserter(result), "{}", numbers[number]);
  }
  bindings.swap(used);
  return result;
}

void add_size(Size& size, const Size& more, bool merges) {
  size.tables = std::max(size.tables, more.tables);
  size.arms = merges ? size.arms + more.arms : 1;
  size.total += more.total;
}

}  // namespace

Translator::Level::Level(Translator& translator, std::size_t symbols, Place place)
    : translator_(translator), symbols_(symbols) {
  if (translator_.symbols_ + symbols > most_symbols)
    refuse(place, "the query is nested too deeply here");
  translator_.symbols_ += symbols;
}

std::vector<TableColumn> table_columns(const Block& block) {
  std::vector<TableColumn> columns;
  for (std::size_t i = 0; i < block.columns.size(); ++i) {
    const Output& output = block.columns[i];
    TableColumn column;
    static_cast<Column&>(column) = output.column;
    column.adql = output.type.value_or(Type::text);
    column.sql = fmt::format("{{}}.\"c{}\"", i + 1);
    if (is_geometry(column.adql)) column.geometry = fmt::format("{{}}.\"g{}\"", i + 1);
    columns.push_back(std::move(column));
  }
  return columns;
}

Block Translator::block(const QueryTree& tree, Form form, const Scope* outer) {
  const Level level(*this, 2, tree.place);
  return tree.select ? select(tree, form, outer) : set_operation(tree, form, outer);
}

Block Translator::operand(const QueryTree& tree, Form form, const Scope* outer) {
  const Level level(*this, 6, tree.place);
  Block block = this->block(tree, form, outer);
  if (!block.simple) block.sql = fmt::format("SELECT * FROM ({})", block.sql);
  block.simple = true;
  return block;
}

Block Translator::set_operation(const QueryTree& tree, Form form, const Scope* outer) {
  const bool copies = std::ranges::any_of(tree.operations, [](const auto& each) {
    return each.all && each.kind != SetOperator::union_;
  });
  const Form inner = copies ? Form::table : form;
  Block result = operand(tree.operands.front(), inner, outer);
  for (std::size_t i = 0; i < tree.operations.size(); ++i) {
    const QueryTree::Operation& operation = tree.operations[i];
    const Block next = operand(tree.operands[i + 1], inner, outer);
    const std::string_view word = words(operation.kind);
    unify(result, next, operation.place, word);
    const bool merges = operation.all && operation.kind == SetOperator::union_;
    if (operation.all && !merges) {
      for (const Output& output : result.columns) {
        if (output.type && is_geometry(*output.type))
          refuse(operation.place, fmt::format("{} ALL cannot compare geometries", word));
      }
      result.sql = with_copies(result.sql, next.sql, operation.kind, names_of(result));
    } else {
      result.sql += fmt::format(" {}{} {}", word, merges ? " ALL" : "", next.sql);
    }
    add_size(result.size, next.size, merges);
    check_size(result.size, operation.place);
  }
  // One operand: a query in parentheses that has an order of its own.
  std::string order;
  for (const OrderTerm& term : tree.order) {
    const Output& output = *ordered_output(term, result.columns, nullptr);
    order += fmt::format("{}{}{}", order.empty() ? " ORDER BY " : ", ", output.position,
                         term.descending ? " DESC" : "");
  }
  result.sql += order + limit_of(std::nullopt, tree.offset);
  result.simple = false;
  if (!tree.order.empty() || tree.offset) result.size = {1, 1, result.size.total};
  return result;
}

void Translator::common(const Common& common, std::string& sql) {
  for (const CommonTable& each : common_) {
    if (matches(common.name, each.name.text))
      refuse(common.name.place, fmt::format("WITH names {} twice", in_quotes(common.name.text)));
  }
  const Level level(*this, 6, common.name.place);
  const Block block = this->block(common.query, Form::table, nullptr);
  CommonTable table;
  table.name = common.name;
  table.sql_name = fmt::format("w{}", common_.size() + 1);
  table.columns = std::make_shared<const std::vector<TableColumn>>(table_columns(block));
  table.size = block.size;
  sql += fmt::format("{}{} AS ({})", sql.empty() ? "WITH " : ", ", table.sql_name, block.sql);
  common_.push_back(std::move(table));
}

Query Translator::query(const Statement& statement) {
  std::string with;
  for (const Common& each : statement.with) common(each, with);
  whole_ = &statement.query;
  Block block = this->block(statement.query, Form::answer, nullptr);
  Query query;
  query.sql = renumbered(with.empty() ? block.sql : with + " " + block.sql, bindings_);
  if (query.sql.size() > longest_sql)
    throw Failure(FailureKind::usage, "the query becomes too long when names are resolved",
                  "QUERY");
  if (bindings_.size() > most_bindings)
    throw Failure(FailureKind::usage,
                  fmt::format("a query has at most {} different character strings", most_bindings),
                  "QUERY");
  query.bindings = std::move(bindings_);
  query.tables = std::move(tables_);
  query.columns.reserve(block.columns.size());
  for (Output& output : block.columns) query.columns.push_back(std::move(output.column));
  make_unique(query.columns);
  return query;
}

Query translate(std::string_view adql, const Catalogue& catalogue) {
  const Statement statement = parse(adql);
  return Translator(catalogue).query(statement);
}

}  // namespace soda::tap
