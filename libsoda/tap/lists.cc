#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/text.h"
#include "tap/conditions.h"
#include "tap/translator.h"
#include "tap/types.h"

namespace soda::tap {
namespace {

// Constants beyond so many are bound together, as a list in JSON; lists of other values are no
// longer than this.
constexpr std::size_t longest_inline = 64, longest_varied = 500;

void add_json(std::string& json, std::string_view text) {
  json += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      json += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      json += c;
    }
  }
  json += '"';
}

// What no character of the pattern has a meaning in is the text itself.
bool is_wild(char c) { return c == '%' || c == '_'; }

bool is_literal(const Node& node) {
  return node.kind == NodeKind::text || node.kind == NodeKind::whole ||
         node.kind == NodeKind::decimal || node.kind == NodeKind::null;
}

// The least text that is greater than all that begin with the prefix, which is not empty and not of
// bytes 0xFF alone (UTF-8 has none).
std::string after_all(std::string prefix) {
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace

// A list of literals, however long, as one parameter.
std::string Translator::literals(const Node& node, const Value& subject) {
  Value literal;
  literal.sql.assign(1, '?');
  std::string json(1, '[');
  for (auto child = node.children.begin() + 1; child != node.children.end(); ++child) {
    literal.place = child->place;
    if (json.size() > 1) json += ',';
    if (child->kind == NodeKind::null) {
      json += "null";
    } else if (child->kind == NodeKind::text) {
      literal.type = Type::text;
      literal.text = child->text;
      need_comparable(subject, literal, child->place);
      add_json(json, child->text);
    } else {
      literal.type = Type::double_precision;
      literal.text.reset();
      need_comparable(subject, literal, child->place);
      json += number_text(number_of(*child));
    }
  }
  json += ']';
  return fmt::format("SELECT \"value\" FROM json_each({})", bind(std::move(json)));
}

Condition Translator::in_list(const Node& node, const Scope& scope, bool negated) {
  const Value subject = value(node.children.front(), scope);
  Condition result;
  result.references = subject.references;
  result.aggregate = subject.aggregate;
  const std::size_t count = node.children.size() - 1;
  bool constant = true;
  std::string list;
  if (count > longest_inline &&
      std::all_of(node.children.begin() + 1, node.children.end(), is_literal)) {
    list = literals(node, subject);
  } else if (count > longest_varied) {
    refuse(node.place, fmt::format("a list of IN that holds more than literals has at most {} "
                                   "values; found {}",
                                   longest_varied, count));
  } else {
    for (std::size_t i = 1; i < node.children.size(); ++i) {
      const Value item = value(node.children[i], scope);
      need_comparable(subject, item, item.place);
      list += (i > 1 ? ", " : "") + item.sql;
      constant = constant && item.constant();
      add_references(result.references, item.references);
      result.aggregate = result.aggregate || item.aggregate;
    }
  }
  result.sql = fmt::format("{} {}IN ({})", subject.sql, negated ? "NOT " : "", list);
  if (negated || subject.source == nullptr) return result;
  if (constant && subject.column->indexed) result.anchored.push_back(subject.source);
  if (subject.column->folded) {
    result.sql = fmt::format("{} COLLATE NOCASE IN ({}) AND {}", subject.sql, list, result.sql);
    result.binding = Binding::all_of;
  }
  return result;
}

// What the text begins with, so that an index of the column can find it, and the pattern besides.
// The index that ignores case orders by lower-case letters: the bounds hold more there.
Condition Translator::like_literal(const Value& left, std::string_view pattern, bool negated) {
  Condition result;
  const std::string subject = at_least(Strength::atom, left);
  const bool folded = left.source != nullptr && left.column->folded;
  const std::string indexed = subject + (folded ? " COLLATE NOCASE" : "");
  const auto wild = std::ranges::find_if(pattern, is_wild);
  const std::string prefix(pattern.begin(), wild);
  const bool exact = wild == pattern.end();
  result.sql =
      exact ? fmt::format("{} {} {}", subject, negated ? "<>" : "=", text_sql(pattern))
            : fmt::format("adql_like({}, {}) = {}", left.sql, text_sql(pattern), negated ? 0 : 1);
  if (negated || prefix.empty() || left.source == nullptr || (exact && !folded)) return result;
  result.binding = Binding::all_of;
  result.sql =
      exact ? fmt::format("{} = {} AND {}", indexed, text_sql(prefix), result.sql)
            : fmt::format("{0} >= {1} AND {0} < {2} AND {3}", indexed, text_sql(prefix),
                          text_sql(after_all(folded ? to_lower(prefix) : prefix)), result.sql);
  return result;
}

Condition Translator::like(const Node& node, const Scope& scope, bool negated) {
  const Value left = value(node.children[0], scope);
  const Value right = value(node.children[1], scope);
  const std::string_view name = node.kind == NodeKind::like ? "LIKE" : "ILIKE";
  need_type(left, 's', fmt::format("the text before {}", name));
  need_type(right, 's', fmt::format("the pattern of {}", name));
  constexpr std::size_t longest_pattern = 4096;
  if (right.text && right.text->size() > longest_pattern)
    refuse(right.place, fmt::format("a pattern has at most {} bytes", longest_pattern));
  Condition result;
  if (node.kind == NodeKind::like && right.text) {
    result = like_literal(left, *right.text, negated);
  } else {
    result.sql =
        fmt::format("{}({}, {}) = {}", node.kind == NodeKind::like ? "adql_like" : "adql_ilike",
                    left.sql, right.sql, negated ? 0 : 1);
  }
  for (const Value* each : {&left, &right}) {
    add_references(result.references, each->references);
    result.aggregate = result.aggregate || each->aggregate;
  }
  return result;
}

}  // namespace soda::tap
