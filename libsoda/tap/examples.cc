// Queries for the page of examples, about what the archive has.
#include <fmt/format.h>

#include <array>
#include <optional>
#include <string_view>

#include "store/holdings.h"
#include "tap/service.h"

namespace soda::tap {
namespace {

struct Place {
  double ra, dec;
  std::string collection;
};

std::optional<Place> first_place(const dali::Context& context) {
  constexpr std::size_t looked_at = 20;  // some have no place on the sky
  for (const auto& dataset : context.holdings.first(looked_at)) {
    const store::ObsCore& record = dataset->obscore;
    if (record.s_ra && record.s_dec) {
      return Place{*record.s_ra, *record.s_dec, record.obs_collection};
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<ExampleQuery> example_queries(const dali::Context& context) {
  std::vector<ExampleQuery> examples = {
      {"collections", "What is there", "The collections of the archive, and how much each holds.",
       "SELECT obs_collection, COUNT(*) AS datasets, MIN(t_min) AS first, MAX(t_max) AS last\n"
       "FROM ivoa.obscore GROUP BY obs_collection ORDER BY datasets DESC"},
      {"columns", "Which columns there are", "The columns of ivoa.obscore and what they mean.",
       "SELECT column_name, unit, ucd, description FROM TAP_SCHEMA.columns\n"
       "WHERE table_name = 'ivoa.obscore' ORDER BY column_index"}};
  const auto place = first_place(context);
  if (!place) return examples;
  examples.push_back(
      {"cone", "Images of a place", "Images that have a point of the sky in them.",
       fmt::format("SELECT TOP 100 obs_publisher_did, t_min, em_min, em_max, access_url\n"
                   "FROM ivoa.obscore\nWHERE 1 = CONTAINS(POINT({:.5f}, {:.5f}), s_region)\n"
                   "ORDER BY t_min",
                   place->ra, place->dec)});
  examples.push_back(
      {"near", "Images near a place", "Images whose centres lie within half a degree.",
       fmt::format("SELECT TOP 100 obs_publisher_did, DISTANCE(s_ra, s_dec, {0:.5f}, {1:.5f}) AS "
                   "dist\nFROM ivoa.obscore\nWHERE DISTANCE(s_ra, s_dec, {0:.5f}, {1:.5f}) < 0.5\n"
                   "ORDER BY dist",
                   place->ra, place->dec)});
  return examples;
}

}  // namespace soda::tap
