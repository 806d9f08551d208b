#include "services.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "cutout/batch.h"
#include "cutout/params.h"
#include "cutout/picture.h"
#include "cutout/service.h"
#include "data/service.h"
#include "datalink/service.h"
#include "sia/service.h"
#include "store/obscore.h"
#include "tap_services.h"
#include "uws/service.h"
#include "vosi/service.h"
#include "vosi/tables.h"

namespace modules {
namespace {

using soda::dali::Context;
using soda::dali::Service;

std::string orientation(const soda::store::Dataset& dataset) {
  return soda::cutout::orientation(dataset, *soda::cutout::make_source(dataset.holding));
}

std::vector<Service> all_services(const Context& context) {
  const std::vector<Service> cutters{soda::cutout::sync_service(context)};
  // In the order in which clients are told of them.
  std::vector<Service> of_rows{soda::datalink::links_service(context, cutters, orientation)};
  of_rows.insert(of_rows.end(), cutters.begin(), cutters.end());
  std::vector<Service> all = of_rows;
  all.push_back(soda::sia::query_service(context, of_rows));
  all.push_back(soda::data::data_service(context));
  all.push_back(
      soda::uws::jobs_service(context, {.name = "async",
                                        .standard_id = "ivo://ivoa.net/std/SODA#async-1.0",
                                        .parameters = soda::cutout::batch_parameters(),
                                        .work = soda::cutout::make_batch(context)}));
  return all;
}

// What the page of examples shows of a data set, service by service.
struct Kind {
  std::string_view id, name, text, capability;
  std::optional<soda::dali::ExampleCall> (*call)(const soda::store::ObsCore&);
};
constexpr Kind kinds[] = {
    {"cut", "Cut a circle out of an image",
     "A circle about the middle of one of this archive's images.",
     "ivo://ivoa.net/std/SODA#sync-1.0", soda::cutout::example_cut},
    {"links", "See what there is of an image",
     "The file, pictures, cutouts and what belongs to it.", "ivo://ivoa.net/std/DataLink#links-1.1",
     soda::datalink::example_links},
    {"find", "Find images by position", "Images that touch a small circle on the sky.",
     "ivo://ivoa.net/std/SIA#query-2.0", soda::sia::example_query},
};

std::vector<soda::vosi::Example> examples(const Context& context) {
  std::vector<soda::vosi::Example> out;
  const auto count = static_cast<std::size_t>(context.config.integer("examples"));
  // Some data sets have no place on the sky; a few more than asked for are looked at.
  const auto datasets = context.holdings.first(4 * count);
  for (const Kind& kind : kinds) {
    std::size_t found = 0;
    for (const auto& dataset : datasets) {
      const auto call = found < count ? kind.call(dataset->obscore) : std::nullopt;
      if (!call) continue;
      out.push_back({.id = std::string(kind.id) + std::to_string(++found),
                     .name = std::string(kind.name),
                     .text = std::string(kind.text),
                     .capability = std::string(kind.capability),
                     .parameters = *call});
    }
  }
  return out;
}

}  // namespace

std::vector<Service> services_of(const Context& context,
                                 std::initializer_list<std::string_view> names) {
  std::vector<Service> all = all_services(context);
  std::vector<Service> queries = tap_services(context);
  all.push_back(queries.front());
  std::vector<Service> own;
  for (const Service& service : all) {
    if (std::ranges::count(names, service.name) > 0) own.push_back(service);
  }
  if (std::ranges::count(names, "tap") > 0) {
    own.insert(own.end(), std::make_move_iterator(queries.begin() + 1),
               std::make_move_iterator(queries.end()));
  }
  all.push_back(soda::vosi::tables_service("tables", table_sets()));
  own.push_back(all.back());
  for (auto& service : soda::vosi::services({}, all, examples)) own.push_back(std::move(service));
  return own;
}

}  // namespace modules
