#include "site/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/failure.h"
#include "base/text.h"
#include "site/declarations.h"
#include "site/toml_nodes.h"
#include "site/url.h"

namespace soda::site {
namespace {

constexpr std::uintmax_t file_limit = 16 << 20;  // bytes of a settings file

struct TypeName {
  std::string_view operator()(const std::string&) const { return "a text"; }
  std::string_view operator()(std::int64_t) const { return "a whole number"; }
  std::string_view operator()(double) const { return "a number"; }
  std::string_view operator()(bool) const { return "true or false"; }
};

// Empty optional: another type. A whole number may stand where a number with fraction is expected.
std::optional<Value> typed(const toml::node& node, const Value& like) {
  if (std::holds_alternative<std::string>(like)) {
    if (const auto text = node.value_exact<std::string>()) return *text;
  } else if (std::holds_alternative<std::int64_t>(like)) {
    if (const auto number = node.value_exact<std::int64_t>()) return *number;
  } else if (std::holds_alternative<double>(like)) {
    if (const auto number = node.value<double>(); number && node.is_number()) return *number;
  } else if (const auto flag = node.value_exact<bool>()) {
    return *flag;
  }
  return std::nullopt;
}

bool is_authority(std::string_view text) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  constexpr std::string_view marks = "-_.!~*'()";
  return text.size() >= 3 && letters.find(text.front()) != std::string_view::npos &&
         std::ranges::all_of(text, [&](char c) {
           return letters.find(c) != std::string_view::npos ||
                  marks.find(c) != std::string_view::npos;
         });
}

// What is wrong with a text; empty: nothing.
std::string text_problem(const Setting& setting, const std::string& text) {
  if (has_control_character(text)) return "control characters are not allowed";
  switch (setting.kind) {
    case Kind::free:
      return {};
    case Kind::url:
      return parse_url(text) ? "" : "http://HOST[:PORT][/PATH] is expected (or https)";
    case Kind::authority:
      return is_authority(text) ? "" : "at least three letters, digits or -_.!~*'() are expected";
    case Kind::folder:
      return text.empty() || text.starts_with('/') ? "" : "an absolute path is expected";
    case Kind::choice:
      return std::ranges::count(split(setting.choices, '|'), text)
                 ? ""
                 : fmt::format("one of {} is expected", setting.choices);
  }
  return {};
}

std::string range_problem(const Setting& setting, double number) {
  if (number >= setting.minimum && number <= setting.maximum) return {};
  return fmt::format("{:.15g} to {:.15g}{}{} is expected", setting.minimum, setting.maximum,
                     setting.unit.empty() ? "" : " ", setting.unit);
}

std::string problem_of(const Setting& setting, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text_problem(setting, *text);
  if (const auto* number = std::get_if<double>(&value)) return range_problem(setting, *number);
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return range_problem(setting, static_cast<double>(*number));
  }
  return {};
}

std::string near_setting(std::string_view key) {
  const auto rows = settings();
  const auto near =
      std::ranges::find_if(rows, [key](const Setting& row) { return is_near_miss(key, row.name); });
  return near == rows.end() ? "" : fmt::format(" (is {} meant?)", near->name);
}

}  // namespace

// Walks the parsed file; every message begins with file:line and the full key.
struct Config::Reader : TomlNodes {
  Config& config;

  Reader(Config& of, const std::string& file) : TomlNodes{file}, config(of) {}

  void read_setting(const Setting& setting, const toml::node& node) const {
    const auto value = typed(node, setting.fallback);
    if (!value) {
      refuse_value(node, setting.name,
                   fmt::format("{} is expected", std::visit(TypeName(), setting.fallback)));
    }
    const std::string problem = problem_of(setting, *value);
    if (!problem.empty()) refuse_value(node, setting.name, problem);
    // An empty text leaves the default: a database has to be somewhere.
    const auto* text = std::get_if<std::string>(&*value);
    const bool keep = text != nullptr && text->empty() && setting.name == "database";
    if (keep) return;
    config.values_.insert_or_assign(
        std::string(setting.name),
        Entry{*value, fmt::format("{}:{}", path, node.source().begin.line)});
  }

  void read_data_roots(const toml::node& node) const {
    for (const auto& [name, value] : table(node, "data_roots")) {
      const std::string key = fmt::format("data_roots.{}", name.str());
      std::string folder = text(value, key);
      const bool plain = std::ranges::all_of(name.str(), [](char c) {
        return std::string_view("-_.").find(c) != std::string_view::npos ||
               (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      });
      if (!plain || name.str().empty() || name.str().starts_with('.')) {
        refuse(value, key,
               "a name of letters, digits, - _ . is expected, not beginning with a dot");
      }
      if (!folder.starts_with('/')) refuse_value(value, key, "an absolute path is expected");
      while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
      config.data_roots_.emplace(name.str(), folder);
    }
  }

  // Each value a list of texts, or one text.
  using Lists = std::map<std::string, std::vector<std::string>, std::less<>>;
  void read_lists(const toml::table& rows, const std::string& prefix, Lists& into) const {
    for (const auto& [name, value] : rows) {
      const std::string key = fmt::format("{}.{}", prefix, name.str());
      std::vector<std::string> texts;
      if (const toml::array* list = value.as_array()) {
        for (const toml::node& item : *list) texts.push_back(text(item, key));
      } else {
        texts.push_back(text(value, key));
      }
      into.emplace(name.str(), std::move(texts));
    }
  }
  void read_columns(const toml::table& rows, const std::string& prefix, Collection& into) const {
    read_lists(rows, prefix, into.columns);
  }
  void read_companions(const toml::table& rows, const std::string& prefix, Collection& into) const {
    read_lists(rows, prefix, into.companions);
  }
  void read_relations(const toml::table& rows, const std::string& prefix, Collection& into) const {
    read_lists(rows, prefix, into.relations);
  }

  void read_filters(const toml::table& filters, const std::string& prefix, Collection& into) const {
    for (const auto& [name, value] : filters) {
      const std::string key = fmt::format("{}.{}", prefix, name.str());
      const toml::array* pair = value.as_array();
      if (pair == nullptr || pair->size() != 2 || !pair->get(0)->is_number() ||
          !pair->get(1)->is_number()) {
        refuse_value(value, key, "two wavelengths in metres, [em_min, em_max], are expected");
      }
      const double lo = pair->get(0)->value<double>().value_or(0);
      const double hi = pair->get(1)->value<double>().value_or(0);
      if (!(lo > 0 && hi >= lo && std::isfinite(hi))) {
        refuse_value(value, key, "0 < em_min <= em_max in metres is expected");
      }
      into.filters.emplace(name.str(), std::pair(lo, hi));
    }
  }

  void read_constants(const toml::table& constants, const std::string& prefix,
                      Collection& into) const {
    for (const auto& [name, value] : constants) {
      const std::string key = fmt::format("{}.{}", prefix, name.str());
      if (const auto number = value.value_exact<std::int64_t>()) {
        into.constants.emplace(name.str(), std::to_string(*number));
      } else if (const auto real = value.value_exact<double>()) {
        into.constants.emplace(name.str(), to_text(*real));
      } else {
        into.constants.emplace(name.str(), text(value, key));
      }
    }
  }

  void read_collection(std::string_view name, const toml::node& node) const {
    using Read = void (Reader::*)(const toml::table&, const std::string&, Collection&) const;
    static constexpr std::array<std::pair<std::string_view, Read>, 5> parts = {{
        {"columns", &Reader::read_columns},
        {"filters", &Reader::read_filters},
        {"constants", &Reader::read_constants},
        {"companions", &Reader::read_companions},
        {"relations", &Reader::read_relations},
    }};
    const std::string prefix = fmt::format("collection.{}", name);
    Collection collection;
    collection.name = name;
    for (const auto& [part_name, value] : table(node, prefix)) {
      const std::string key = fmt::format("{}.{}", prefix, part_name.str());
      const auto part =
          std::ranges::find(parts, part_name.str(), &std::pair<std::string_view, Read>::first);
      if (part == parts.end()) {
        refuse(value, key,
               "unknown key; columns, filters, constants, companions and relations are known");
      }
      (this->*part->second)(table(value, key), key, collection);
    }
    config.collections_.emplace(name, std::move(collection));
  }

  void read_own_columns(const toml::node& node) const {
    for (const toml::node& item : list(node, "column")) {
      const toml::table& declared = table(item, "column");
      Column column = read_column(*this, declared);
      if (std::ranges::count(config.columns_, column.name, &Column::name) > 0) {
        refuse_value(*declared.get("name"), "column.name",
                     "another name is expected, this one is declared");
      }
      config.columns_.push_back(std::move(column));
    }
  }

  void read_own_tables(const toml::node& node) const {
    for (const toml::node& item : list(node, "table")) {
      DeclaredTable declared = read_table(*this, table(item, "table"));
      if (std::ranges::count(config.tables_, declared.name, &DeclaredTable::name) > 0) {
        refuse_value(*table(item, "table").get("name"), "table.name",
                     "another name is expected, this one is declared");
      }
      config.tables_.push_back(std::move(declared));
    }
  }

  void read(const toml::table& root) const {
    for (const auto& [name, node] : root) {
      const auto rows = settings();
      const auto row = std::ranges::find(rows, name.str(), &Setting::name);
      if (row != rows.end()) {
        read_setting(*row, node);
      } else if (name.str() == "data_roots") {
        read_data_roots(node);
      } else if (name.str() == "column") {
        read_own_columns(node);
      } else if (name.str() == "table") {
        read_own_tables(node);
      } else if (name.str() == "collection") {
        for (const auto& [collection, value] : table(node, "collection")) {
          read_collection(collection.str(), value);
        }
      } else {
        refuse(node, name.str(), "unknown setting" + near_setting(name.str()));
      }
    }
  }
};

Config::Config() {
  for (const Setting& setting : settings()) {
    values_.emplace(setting.name, Entry{setting.fallback, "default"});
  }
}

Config Config::parse(std::string_view toml, const std::string& path) {
  Config config;
  try {
    const toml::table root = toml::parse(toml, path);
    Reader(config, path).read(root);
  } catch (const toml::parse_error& error) {
    throw Failure(FailureKind::usage, fmt::format("{}:{}: {}", path, error.source().begin.line,
                                                  quoted(error.description(), 300)));
  }
  return config;
}

std::string Config::default_path() {
  const char* path = std::getenv("SODA_CONFIG");
  return path != nullptr && *path != '\0' ? path : SODA_SYSCONFDIR "/soda/soda.toml";
}

Config Config::load(const std::string& path) {
  if (path.empty()) return Config();
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  const std::uintmax_t size =
      std::filesystem::is_regular_file(status) ? std::filesystem::file_size(path, error) : 0;
  std::ifstream file(path, std::ios::binary);
  if (!std::filesystem::is_regular_file(status) || !file) {
    throw Failure(FailureKind::usage, fmt::format("{}: the settings file cannot be read", path));
  }
  if (size > file_limit) {
    throw Failure(FailureKind::usage,
                  fmt::format("{}: a settings file of at most {} bytes is read, found {}", path,
                              file_limit, size));
  }
  std::string text(size, '\0');
  file.read(text.data(), static_cast<std::streamsize>(size));
  text.resize(static_cast<std::size_t>(file.gcount()));
  Config config = parse(text, path);
  const auto written = std::filesystem::last_write_time(path, error);
  if (!error) {
    config.modified_ = std::chrono::time_point_cast<std::chrono::system_clock::duration>(
        std::chrono::file_clock::to_sys(written));
  }
  return config;
}

const Config::Entry& Config::entry(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) {
    throw Failure(FailureKind::internal, fmt::format("there is no setting {}", name));
  }
  return found->second;
}

template <class T>
const T& Config::value(std::string_view name) const {
  const T* found = std::get_if<T>(&entry(name).value);
  if (found == nullptr) {
    throw Failure(FailureKind::internal, fmt::format("the setting {} has another type", name));
  }
  return *found;
}

const std::string& Config::text(std::string_view name) const { return value<std::string>(name); }
std::int64_t Config::integer(std::string_view name) const { return value<std::int64_t>(name); }
double Config::real(std::string_view name) const { return value<double>(name); }
bool Config::flag(std::string_view name) const { return value<bool>(name); }
const std::string& Config::origin(std::string_view name) const { return entry(name).origin; }

std::string Config::shown(std::string_view name) const {
  struct Shower {
    std::string operator()(const std::string& text) const { return fmt::format("\"{}\"", text); }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return to_text(number); }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  };
  return std::visit(Shower(), entry(name).value);
}

std::string Config::base_url() const {
  std::string url = text("base_url");
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::string Config::mount() const {
  const auto url = parse_url(base_url());
  return url ? url->path : std::string();
}

}  // namespace soda::site
