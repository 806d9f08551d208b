#include "tap_services.h"

#include <memory>
#include <string>
#include <utility>

#include "tap/catalogue.h"
#include "tap/service.h"
#include "tap/site_tables.h"
#include "uws/service.h"
#include "vosi/service.h"

namespace modules {
namespace {

using soda::dali::Context;
using soda::dali::Service;

Service jobs(const Context& context) {
  soda::uws::Kind kind;
  kind.name = "tap/async";
  kind.parameters = soda::tap::job_parameters();
  kind.work = soda::tap::make_work(context);
  kind.errors = soda::dali::ErrorStyle::votable;
  kind.strangers = soda::dali::Strangers::ignored;
  kind.results = soda::uws::Kind::Results::one;
  kind.longest = "tap_execution_limit";
  return soda::uws::jobs_service(context, std::move(kind));
}

std::vector<soda::vosi::Example> examples(const Context& context) {
  std::vector<soda::vosi::Example> page;
  for (auto& example : soda::tap::example_queries(context)) {
    page.push_back({.id = std::move(example.id),
                    .name = std::move(example.name),
                    .text = std::move(example.text),
                    .capability = "",
                    .parameters = {},
                    .query = std::move(example.query)});
  }
  return page;
}

soda::vosi::Table shown(const soda::tap::Table& table) {
  soda::vosi::Table out{soda::tap::identifier(table.schema),
                        soda::tap::table_name(table),
                        table.kind == "view" ? "view" : "base_table",
                        table.description,
                        table.utype,
                        {}};
  for (const soda::tap::TableColumn& column : table.columns) {
    out.columns.push_back({column, column.standard, column.indexed, column.principal});
    out.columns.back().column.name = soda::tap::identifier(column.name);
  }
  for (const soda::tap::ForeignKey& key : table.keys) {
    soda::vosi::ForeignKey to{key.target, {}, key.description, key.utype};
    for (const auto& [from, target] : key.columns) {
      to.pairs.emplace_back(soda::tap::identifier(from), soda::tap::identifier(target));
    }
    out.keys.push_back(std::move(to));
  }
  return out;
}

soda::vosi::TableSet shown(const soda::tap::Catalogue& catalogue) {
  soda::vosi::TableSet set;
  for (const soda::tap::Schema& schema : catalogue.schemas) {
    set.schemas.push_back({soda::tap::identifier(schema.name), schema.description, schema.utype});
  }
  for (const soda::tap::Table& table : catalogue.tables) set.tables.push_back(shown(table));
  return set;
}

}  // namespace

std::function<soda::vosi::TableSet(const Context&)> table_sets() {
  return [tables = std::make_shared<soda::tap::SiteTables>()](const Context& context) {
    return shown(*tables->get(context));
  };
}

std::vector<Service> tap_services(const Context& context) {
  std::vector<Service> tree{soda::tap::root_service(context)};
  tree.push_back(soda::vosi::tables_service("tap/tables", table_sets()));
  const soda::vosi::Names names{"tap/capabilities", "tap/availability", "tap/examples"};
  // What capabilities tells of, and itself.
  auto documents = soda::vosi::services(names, tree, examples);
  for (Service& document : documents) tree.push_back(std::move(document));
  tree.push_back(soda::tap::sync_service(context));
  tree.push_back(jobs(context));
  return tree;
}

}  // namespace modules
