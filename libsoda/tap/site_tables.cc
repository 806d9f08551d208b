#include "tap/site_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "dali/places.h"
#include "store/columns.h"
#include "store/obscore.h"
#include "store/own_tables.h"
#include "tap/stored_table.h"
#include "tap/tap_schema.h"

namespace soda::tap {
namespace {

// As a literal of SQL that stands in a fragment, where braces mean the row.
std::string literal(std::string_view text) {
  std::string quoted_text = "'";
  for (const char c : text) quoted_text.append(c == '\'' ? 2 : 1, c);
  return quoted_text + "'";
}

// What answers of SIA say, too (sia/service.cc): where the data are is said by us for what the
// archive itself holds.
struct Computed {
  std::string_view column;
  std::string (*sql)(const dali::Places&);
};

constexpr std::string_view identifier_column = "adql_percent_encode({}.\"obs_publisher_did\")";
constexpr std::string_view has_file = "{}.\"file\" IS NOT NULL";

std::string access_url(const dali::Places& places) {
  return fmt::format(
      "coalesce({{}}.\"access_url\", CASE WHEN {} THEN CASE {{}}.\"access_format\" WHEN {} THEN {} "
      "ELSE {} END || {} END)",
      has_file, literal(store::links_format), literal(places.links("")), literal(places.data("")),
      identifier_column);
}

std::string preview(const dali::Places& places) {
  return fmt::format("CASE WHEN {} THEN {} || {} || {} END", has_file, literal(places.data("")),
                     identifier_column, literal("&PART=preview"));
}

constexpr std::array computed = {Computed{"access_url", access_url}, Computed{"preview", preview}};

// By an index of the table, or by the tree of positions.
bool is_indexed(std::string_view name) {
  constexpr std::array<std::string_view, 6> others = {"s_ra",  "s_dec",  "s_region",
                                                      "t_min", "em_min", "obs_publisher_did"};
  return std::ranges::count(others, name) > 0 || store::is_indexed_column(name);
}

// ObsCore 1.1 table 7: optional columns of minor interest.
bool is_principal(std::string_view name) {
  constexpr std::array<std::string_view, 7> minor = {
      "obs_creator_did", "bib_reference", "data_rights", "s_stat_error",
      "t_stat_error",    "em_stat_error", "proposal_id"};
  return std::ranges::count(minor, name) == 0;
}

TableColumn obscore_column(Column declared, const dali::Places& places) {
  TableColumn column;
  static_cast<Column&>(column) = std::move(declared);
  column.adql = type_of(column);
  column.standard = column.utype.starts_with("obscore:");
  column.principal = column.standard && is_principal(column.name);
  column.indexed = is_indexed(column.name);
  column.folded = column.name == "obs_publisher_did";
  column.sql = fmt::format("{{}}.\"{}\"", column.name);
  if (column.name == "s_region") column.geometry = "{}.\"shape\"";
  const auto* const own = std::ranges::find(computed, column.name, &Computed::column);
  if (own != computed.end()) column.sql = own->sql(places);
  return column;
}

Table obscore(const dali::Context& context) {
  const dali::Places places(context.config);
  Table table;
  table.schema = "ivoa";
  table.name = "obscore";
  table.description = "Data sets of " + context.config.text("title");
  table.utype = "ivo://ivoa.net/std/obscore#table-1.1";
  table.source = "main.\"dataset\"";
  table.index = PositionIndex{"main.\"sky3\"", "{}.\"id\"", "s_region", "s_ra", "s_dec"};
  for (Column& column : store::all_columns(context.database)) {
    table.columns.push_back(obscore_column(std::move(column), places));
  }
  table.columns.push_back(obscore_column(dali::preview_column(), places));
  return table;
}

Table own_table(const store::OwnTable& declared) {
  Table table;
  const std::size_t dot = declared.name.find('.');
  table.schema = declared.name.substr(0, dot);
  table.name = declared.name.substr(dot + 1);
  table.description = declared.description;
  table.utype = declared.utype;
  for (std::size_t i = 0; i < declared.columns.size(); ++i) {
    const DeclaredColumn& column = declared.columns[i];
    table.columns.push_back(stored_column(column, i, declared.form));
    table.columns.back().indexed |= column.indexed;
    table.columns.back().principal = column.principal;
  }
  for (const DeclaredKey& key : declared.keys) {
    ForeignKey& made = table.keys.emplace_back();
    made.id = fmt::format("{}_{}", declared.name, table.keys.size());
    made.target = key.target;
    made.description = key.description;
    for (const auto& [from, to] : key.columns) made.columns.push_back({from, to});
  }
  set_source(table, declared.form);
  return table;
}

// Tables of one schema stand together, behind it.
void add_own_tables(const dali::Context& context, Catalogue& catalogue) {
  for (const store::OwnTable& declared : store::own_tables(context.database)) {
    catalogue.tables.push_back(own_table(declared));
    const std::string& schema = catalogue.tables.back().schema;
    if (std::ranges::find(catalogue.schemas, schema, &Schema::name) != catalogue.schemas.end()) {
      continue;
    }
    catalogue.schemas.push_back({schema, "Tables of " + context.config.text("title"), ""});
  }
}

// Their targets as they are spelled; a key to a table that is not there would be a lie.
void settle_keys(Catalogue& catalogue) {
  const auto settle = [&](ForeignKey& key) {
    const auto target = std::ranges::find_if(catalogue.tables, [&](const Table& table) {
      return equal_ignoring_case(table.schema + "." + table.name, key.target);
    });
    const bool is_known = target != catalogue.tables.end();
    if (is_known) key.target = table_name(*target);
    return is_known;
  };
  for (Table& table : catalogue.tables) {
    std::erase_if(table.keys, [&](ForeignKey& key) { return !settle(key); });
  }
}

Catalogue site_catalogue(const dali::Context& context) {
  Catalogue catalogue;
  catalogue.schemas.push_back({"ivoa", "Tables that the IVOA defines", ""});
  catalogue.tables.push_back(obscore(context));
  add_own_tables(context, catalogue);
  settle_keys(catalogue);
  add_tap_schema(catalogue);
  return catalogue;
}

}  // namespace

std::shared_ptr<const Catalogue> SiteTables::get(const dali::Context& context) {
  const std::int64_t version = context.database.data_version();
  if (version_ == version) return catalogue_;
  context.database.transaction([&] {
    catalogue_ = std::make_shared<const Catalogue>(site_catalogue(context));
    schema_version_ = context.database.schema_version();
  });
  version_ = version;
  return catalogue_;
}

}  // namespace soda::tap
