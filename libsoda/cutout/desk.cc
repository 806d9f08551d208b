#include "cutout/desk.h"

#include <fmt/format.h>

#include <chrono>

#include "base/failure.h"
#include "base/fingerprint.h"
#include "base/text.h"
#include "base/time.h"
#include "cutout/params.h"

namespace soda::cutout {

Desk::Desk(const site::Config& config)
    : sources(static_cast<std::size_t>(config.integer("holdings_memory"))),
      tools(make_tools(config)),
      max_vertices(static_cast<std::size_t>(config.integer("max_vertices"))),
      max_picture(static_cast<int>(config.integer("max_picture"))) {
  limits.answer = config.integer("max_answer");
  limits.small_table = config.integer("small_table_limit");
  for (const auto name : split_blanks(config.text("small_tables"))) {
    limits.tables.emplace_back(name);
  }
  limits.signing_budget = config.integer("buffer_budget");
  picture_limits = limits;
  picture_limits.answer = std::int64_t{1} << 48;
}

std::string utc_day() { return iso8601_utc(std::chrono::system_clock::now()).substr(0, 10); }

std::shared_ptr<const store::Dataset> find_dataset(const dali::Context& context,
                                                   const std::string& id) {
  auto dataset = context.holdings.find(id);
  if (!dataset) {
    throw Failure(FailureKind::not_found, context.holdings.why_absent(id), "ID");
  }
  return dataset;
}

std::string entity_tag(const Datasets& datasets, const dali::Arguments& arguments,
                       const std::string& day) {
  Fingerprint tag;
  tag.add(day);
  for (const auto& dataset : datasets) {
    const auto& file = dataset->holding->file;
    tag.add(fmt::format("{} {} {} " SODA_VERSION, file.size, file.mtime_ns, file.inode));
    tag.add(dataset->obscore.obs_publisher_did);
  }
  for (const auto& parameter : parameters()) {
    if (parameter.name == "RUNID" || parameter.name == "ID") continue;
    for (const auto& value : arguments.all(parameter.name)) tag.add(parameter.name).add(value);
  }
  return fmt::format("\"{:016x}\"", tag.value());
}

std::string sentence_of(const NoOverlap& miss) {
  return fmt::format("{}: {}", miss.axis, miss.reason);
}

std::string no_content_text(std::string_view reason) {
  return fmt::format("NoContent: {}", reason);
}

}  // namespace soda::cutout
