// Queries for the page of examples, about what the archive has.
#include <fmt/format.h>

#include <optional>
#include <string>

#include "store/holdings.h"
#include "tap/service.h"

namespace soda::tap {
namespace {

struct Place {
  double ra, dec;
};

std::optional<Place> first_place(const dali::Context& context) {
  constexpr std::size_t looked_at = 20;  // some have no place on the sky
  for (const auto& dataset : context.holdings.first(looked_at)) {
    const store::ObsCore& record = dataset->obscore;
    if (record.s_ra && record.s_dec) return Place{*record.s_ra, *record.s_dec};
  }
  return std::nullopt;
}

}  // namespace

std::vector<ExampleQuery> example_queries(const dali::Context& context) {
  std::vector<ExampleQuery> examples = {
      {"collections", "What is there", "The collections of the archive, and how much each holds.",
       "SELECT obs_collection, COUNT(*) AS datasets, MIN(t_min) AS t_first, MAX(t_max) AS t_last\n"
       "FROM ivoa.obscore GROUP BY obs_collection ORDER BY datasets DESC"},
      {"columns", "Which columns there are", "The columns of ivoa.obscore and what they mean.",
       "SELECT column_name, unit, ucd, description FROM TAP_SCHEMA.columns\n"
       "WHERE table_name = 'ivoa.obscore' ORDER BY column_index"}};
  const auto place = first_place(context);
  if (!place) return examples;
  // As ADQL 2.0 writes places, too, which some clients check queries by.
  const std::string here = fmt::format("POINT('ICRS', {:.5f}, {:.5f})", place->ra, place->dec);
  examples.push_back(
      {"cone", "Images of a place", "Images that have a point of the sky in them.",
       fmt::format("SELECT TOP 100 obs_publisher_did, t_min, em_min, em_max, access_url\n"
                   "FROM ivoa.obscore\nWHERE 1 = CONTAINS({}, s_region)\nORDER BY t_min",
                   here)});
  examples.push_back(
      {"near", "Images near a place", "Images whose centres lie within half a degree.",
       fmt::format("SELECT TOP 100 obs_publisher_did,\n"
                   "  DISTANCE(POINT('ICRS', s_ra, s_dec), {0}) AS dist\nFROM ivoa.obscore\n"
                   "WHERE DISTANCE(POINT('ICRS', s_ra, s_dec), {0}) < 0.5\nORDER BY dist",
                   here)});
  return examples;
}

}  // namespace soda::tap
