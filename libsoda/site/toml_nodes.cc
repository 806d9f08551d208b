#include "site/toml_nodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/failure.h"
#include "base/text.h"

namespace soda::site {
namespace {

std::string plain(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<double>()) return to_text(*number);
  if (const toml::array* list = node.as_array()) {
    std::string items;
    for (const toml::node& item : *list) items += (items.empty() ? "" : ", ") + plain(item);
    return "[" + items + "]";
  }
  std::ostringstream out;
  node.visit([&out](const auto& value) { out << value; });
  return out.str();
}

}  // namespace

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

void TomlNodes::refuse(const toml::node& node, std::string_view key,
                       const std::string& what) const {
  throw Failure(FailureKind::usage,
                fmt::format("{}:{}: {}: {}", path, node.source().begin.line, quoted(key), what),
                std::string(key));
}

void TomlNodes::refuse_value(const toml::node& node, std::string_view key,
                             std::string_view expected) const {
  refuse(node, key, fmt::format("{}, received {}", expected, quoted(plain(node))));
}

const toml::table& TomlNodes::table(const toml::node& node, std::string_view key) const {
  const toml::table* found = node.as_table();
  if (found == nullptr) refuse_value(node, key, "a table is expected");
  return *found;
}

const toml::array& TomlNodes::list(const toml::node& node, std::string_view key) const {
  const toml::array* found = node.as_array();
  if (found == nullptr) refuse_value(node, key, fmt::format("[[{}]] tables are expected", key));
  return *found;
}

const std::string& TomlNodes::text(const toml::node& node, std::string_view key) const {
  const auto* found = node.as_string();
  if (found == nullptr) refuse_value(node, key, "a text is expected");
  if (has_control_character(found->get())) {
    refuse_value(node, key, "control characters are not allowed");
  }
  return found->get();
}

bool TomlNodes::flag(const toml::node& node, std::string_view key) const {
  const auto* found = node.as_boolean();
  if (found == nullptr) refuse_value(node, key, "true or false is expected");
  return found->get();
}

}  // namespace soda::site
