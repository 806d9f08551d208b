#include "data/companion.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/failure.h"
#include "base/text.h"
#include "cutout/cut.h"
#include "store/relations.h"

namespace soda::data {
namespace {

using store::Relation;

constexpr std::string_view unknown_type = "application/octet-stream";

std::optional<Relation> find_in(store::Database& database, std::string_view did,
                                std::int64_t number) {
  const auto relations = store::relations_of(database, did);
  const auto found = std::ranges::find_if(relations, [&](const Relation& relation) {
    return relation.id == number && relation.kind == Relation::Kind::file;
  });
  return found == relations.end() ? std::nullopt : std::optional(*found);
}

// The store promises as much; a path that leaves its root must not depend on it.
bool stays_below(std::string_view path) {
  const auto parts = split(path, '/');
  return std::ranges::none_of(
      parts, [](std::string_view part) { return part.empty() || part == "." || part == ".."; });
}

}  // namespace

StoredFile companion(const site::Config& config, store::Database& database,
                     const store::Dataset& dataset, std::int64_t number) {
  const std::string_view did = dataset.obscore.obs_publisher_did;
  auto relation = find_in(database, did, number);
  const std::size_t mark = did.find('#');
  if (!relation && mark != std::string_view::npos) {
    relation = find_in(database, did.substr(0, mark), number);
  }
  if (!relation || !stays_below(relation->target)) {
    throw Failure(FailureKind::not_found,
                  fmt::format("LINK: the data set has no companion file {}", number), "LINK");
  }
  store::FileRecord record;
  record.root = relation->root;
  record.path = relation->target;
  StoredFile file;
  file.absolute = cutout::path_of(config, record);
  file.root = std::move(record.root);
  file.path = std::move(record.path);
  file.content_type =
      relation->content_type.empty() ? std::string(unknown_type) : relation->content_type;
  return file;
}

}  // namespace soda::data
