// The site's settings: one table of rows (name, default, unit, limits, choices, text) from which
// the file is checked, soda.toml(5) and conf/soda.toml are verified, and `sodactl check` prints
// effective values with their origin.
//
// The file is TOML. Unknown keys, wrong types and values out of range refuse to start, naming
// file:line, key, limit and value.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/declared_table.h"

namespace soda::site {

using Value = std::variant<std::string, std::int64_t, double, bool>;

// How the text of a setting is checked beyond its type.
enum class Kind {
  free,       // any text without control characters
  url,        // http or https, a host, no query and no fragment
  authority,  // of an IVOID: at least three of letters, digits, - _ . ! ~ * ' ( ), the first a
              // letter or digit
  folder,     // empty or absolute
  choice,     // one of `choices`
};

struct Setting {
  std::string_view name;     // "base_url"
  Value fallback;            // its default; the type of the setting is its type
  std::string_view unit;     // "bytes", "s", "" …
  double minimum, maximum;   // numbers only
  Kind kind;                 // texts only
  std::string_view choices;  // "none|server"
  std::string_view text;     // one sentence for the manual
};
std::span<const Setting> settings();

// How header keywords become ObsCore columns, for one collection ("" = the default):
// [collection.NAME.columns] in the file. The value is a list of alternatives tried in order: a
// keyword ("FILTER"), a literal ("'HST'"), or a keyword of the primary ("0:TELESCOP"). Names of
// columns and terms, and patterns, are ingest's to check.
struct Collection {
  std::string name;
  std::map<std::string, std::vector<std::string>, std::less<>>
      columns;  // ObsCore column -> alternatives
  // FILTER value -> em_min, em_max in metres, vacuum; 0 < em_min <= em_max
  std::map<std::string, std::pair<double, double>, std::less<>> filters;
  std::map<std::string, std::string, std::less<>>
      constants;  // ObsCore column -> value for all rows
  // What belongs to an image, by the term of DataLink's vocabulary ("weight"): patterns of files
  // beside it ("{stem}.weight.fits"), and header keywords that name other files ("IMCMB*").
  std::map<std::string, std::vector<std::string>, std::less<>> companions, relations;
};

class Config {
 public:
  // Empty path: all defaults. Throws Failure(usage) naming the file and what is wrong.
  static Config load(const std::string& path);
  // Where the settings are when nobody says otherwise: the environment's SODA_CONFIG, else
  // soda/soda.toml in the configured system folder.
  static std::string default_path();
  // The text of a file, without touching the disk; `path` is only its name in messages.
  static Config parse(std::string_view toml, const std::string& path);

  // The value of a setting of that type; asking for a name or type that the table does not have is
  // a defect and throws Failure(internal). References live as long as the Config.
  const std::string& text(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  double real(std::string_view name) const;
  bool flag(std::string_view name) const;
  // The effective value as text, as `sodactl check` prints it.
  std::string shown(std::string_view name) const;
  // "default", or file:line.
  const std::string& origin(std::string_view name) const;

  // name -> absolute folder without trailing slash: [data_roots] in the file. File records hold the
  // name, so that an archive can be moved by one edit.
  const std::map<std::string, std::string, std::less<>>& data_roots() const noexcept {
    return data_roots_;
  }
  const std::map<std::string, Collection, std::less<>>& collections() const noexcept {
    return collections_;
  }
  // The archive's own columns beside those of ObsCore: [[column]] in the file, in its order. Ingest
  // fills them like any other ([collection.NAME.columns]).
  const std::vector<Column>& columns() const noexcept { return columns_; }
  // The archive's own tables beside ObsCore: [[table]] in the file, in its order. They are there
  // for queries when a file has been imported for them.
  const std::vector<DeclaredTable>& tables() const noexcept { return tables_; }
  // base_url without trailing slash, and the path part of it ("/vo"; empty for the root), under
  // which services are mounted.
  std::string base_url() const;
  std::string mount() const;
  // When the file was last changed; the epoch without a file.
  std::chrono::system_clock::time_point modified() const noexcept { return modified_; }

 private:
  struct Entry {
    Value value;
    std::string origin;
  };
  struct Reader;

  Config();
  const Entry& entry(std::string_view name) const;
  template <class T>
  const T& value(std::string_view name) const;

  std::map<std::string, Entry, std::less<>> values_;
  std::map<std::string, std::string, std::less<>> data_roots_;
  std::map<std::string, Collection, std::less<>> collections_;
  std::vector<Column> columns_;
  std::vector<DeclaredTable> tables_;
  std::chrono::system_clock::time_point modified_{};
};

}  // namespace soda::site
