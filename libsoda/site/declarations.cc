#include "site/declarations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace soda::site {
namespace {

// VOTable's type of a column by the word in the file.
const Column* column_type(std::string_view word) {
  static const std::array<std::pair<std::string_view, Column>, 3> types = {{
      {"text", {"", ColumnType::text, "unicodeChar", "*", "", "", "", "", ""}},
      {"integer", {"", ColumnType::integer, "long", "", "", "", "", "", ""}},
      {"real", {"", ColumnType::real, "double", "", "", "", "", "", ""}},
  }};
  const auto row = std::ranges::find(types, word, &std::pair<std::string_view, Column>::first);
  return row == types.end() ? nullptr : &row->second;
}

struct TextKey {
  std::string_view key;
  std::string Column::*member;
};
constexpr std::array own_keys = {TextKey{"name", &Column::name}, TextKey{"unit", &Column::unit},
                                 TextKey{"ucd", &Column::ucd}, TextKey{"utype", &Column::utype},
                                 TextKey{"description", &Column::description}};
constexpr std::array table_keys = {
    TextKey{"name", &Column::name},   TextKey{"unit", &Column::unit},
    TextKey{"ucd", &Column::ucd},     TextKey{"utype", &Column::utype},
    TextKey{"xtype", &Column::xtype}, TextKey{"description", &Column::description}};

// Name and type, and the texts that `keys` allow; the rest is the caller's, by `other`, which says
// whether it knows the key.
template <class Keys, class Other>
Column column_of(const TomlNodes& nodes, const toml::table& declared, const std::string& prefix,
                 const Keys& keys, std::string_view known, const Other& other) {
  const toml::node* name = declared.get("name");
  const toml::node* type = declared.get("type");
  if (name == nullptr || type == nullptr) {
    nodes.refuse(declared, prefix,
                 fmt::format("name and type are expected in each [[{}]]", prefix));
  }
  const std::string type_key = prefix + ".type";
  const Column* base = column_type(nodes.text(*type, type_key));
  if (base == nullptr) nodes.refuse_value(*type, type_key, "text, integer or real is expected");
  Column column = *base;
  for (const auto& [key, value] : declared) {
    if (key.str() == "type") continue;
    const std::string full = fmt::format("{}.{}", prefix, key.str());
    const auto part = std::ranges::find(keys, key.str(), &TextKey::key);
    if (part != keys.end()) {
      column.*part->member = nodes.text(value, full);
    } else if (!other(key.str(), value, full)) {
      nodes.refuse(value, full, fmt::format("unknown key; {} are known", known));
    }
  }
  if (!is_column_name(column.name)) {
    nodes.refuse_value(*name, prefix + ".name",
                       fmt::format("at most {} of a-z, 0-9 and _ are expected, the first a letter",
                                   longest_column_name));
  }
  return column;
}

// One key of a table in the file, and what it does to what is declared.
template <class Declared>
struct Part {
  std::string_view key;
  void (*read)(const TomlNodes& nodes, const toml::node& value, const std::string& full,
               Declared& into);
};

// False when none of the parts has the key.
template <class Declared, std::size_t count>
bool read_part(const std::array<Part<Declared>, count>& parts, const TomlNodes& nodes,
               std::string_view key, const toml::node& value, const std::string& full,
               Declared& into) {
  const auto part = std::ranges::find(parts, key, &Part<Declared>::key);
  if (part == parts.end()) return false;
  part->read(nodes, value, full, into);
  return true;
}

template <class Declared, std::string Declared::*member>
void read_text(const TomlNodes& nodes, const toml::node& value, const std::string& full,
               Declared& into) {
  into.*member = nodes.text(value, full);
}

template <bool DeclaredColumn::*member>
void read_flag(const TomlNodes& nodes, const toml::node& value, const std::string& full,
               DeclaredColumn& into) {
  into.*member = nodes.flag(value, full);
}

constexpr std::array column_flags = {
    Part<DeclaredColumn>{"indexed", read_flag<&DeclaredColumn::indexed>},
    Part<DeclaredColumn>{"principal", read_flag<&DeclaredColumn::principal>}};

DeclaredColumn read_table_column(const TomlNodes& nodes, const toml::table& declared) {
  DeclaredColumn column;
  static_cast<Column&>(column) =
      column_of(nodes, declared, "table.column", table_keys,
                "name, type, unit, ucd, utype, xtype, description, indexed, principal",
                [&](std::string_view key, const toml::node& value, const std::string& full) {
                  return read_part(column_flags, nodes, key, value, full, column);
                });
  return column;
}

void read_pairs(const TomlNodes& nodes, const toml::node& value, const std::string& full,
                DeclaredKey& key) {
  for (const auto& [from, to] : nodes.table(value, full)) {
    const std::string& target = nodes.text(to, full);
    if (!is_column_name(from.str()) || !is_column_name(target))
      nodes.refuse(value, full, "pairs of names of columns are expected");
    key.columns.emplace_back(from.str(), target);
  }
}

constexpr std::array key_parts = {
    Part<DeclaredKey>{"target", read_text<DeclaredKey, &DeclaredKey::target>},
    Part<DeclaredKey>{"description", read_text<DeclaredKey, &DeclaredKey::description>},
    Part<DeclaredKey>{"columns", read_pairs}};

DeclaredKey read_key(const TomlNodes& nodes, const toml::table& declared) {
  DeclaredKey key;
  for (const auto& [name, value] : declared) {
    const std::string full = fmt::format("table.key.{}", name.str());
    if (!read_part(key_parts, nodes, name.str(), value, full, key))
      nodes.refuse(value, full, "unknown key; target, columns, description are known");
  }
  if (key.target.empty() || key.columns.empty())
    nodes.refuse(declared, "table.key", "target and columns are expected in each [[table.key]]");
  return key;
}

void read_columns(const TomlNodes& nodes, const toml::node& value, const std::string& full,
                  DeclaredTable& table) {
  for (const toml::node& item : nodes.list(value, full)) {
    DeclaredColumn column = read_table_column(nodes, nodes.table(item, full));
    if (std::ranges::count(table.columns, column.name, &Column::name) > 0)
      nodes.refuse(item, full + ".name", "another name is expected, this one is declared");
    table.columns.push_back(std::move(column));
  }
}

void read_keys(const TomlNodes& nodes, const toml::node& value, const std::string& full,
               DeclaredTable& table) {
  for (const toml::node& item : nodes.list(value, full))
    table.keys.push_back(read_key(nodes, nodes.table(item, full)));
}

constexpr std::array table_parts = {
    Part<DeclaredTable>{"name", read_text<DeclaredTable, &DeclaredTable::name>},
    Part<DeclaredTable>{"description", read_text<DeclaredTable, &DeclaredTable::description>},
    Part<DeclaredTable>{"utype", read_text<DeclaredTable, &DeclaredTable::utype>},
    Part<DeclaredTable>{"column", read_columns}, Part<DeclaredTable>{"key", read_keys}};

}  // namespace

Column read_column(const TomlNodes& nodes, const toml::table& declared) {
  return column_of(nodes, declared, "column", own_keys, "name, type, unit, ucd, utype, description",
                   [](std::string_view, const toml::node&, const std::string&) { return false; });
}

DeclaredTable read_table(const TomlNodes& nodes, const toml::table& declared) {
  DeclaredTable table;
  const toml::node* name = declared.get("name");
  if (name == nullptr) nodes.refuse(declared, "table", "a name is expected in each [[table]]");
  for (const auto& [key, value] : declared) {
    const std::string full = fmt::format("table.{}", key.str());
    if (!read_part(table_parts, nodes, key.str(), value, full, table)) {
      nodes.refuse(value, full, "unknown key; name, description, utype, column and key are known");
    }
  }
  if (const std::string defect = defect_of_table_name(table.name); !defect.empty())
    nodes.refuse_value(*name, "table.name", defect);
  return table;
}

}  // namespace soda::site
