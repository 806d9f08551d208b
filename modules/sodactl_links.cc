// What belongs to a data set: sodactl link, unlink, links.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/failure.h"
#include "base/text.h"
#include "ingest/relations.h"
#include "sodactl_commands.h"
#include "store/database.h"
#include "store/holdings.h"
#include "store/relations.h"

namespace sodactl {
namespace {

using namespace soda;
using store::Relation;

constexpr std::size_t longest_description = 500;  // bytes

// It goes into documents and a log as it is.
void check_description(const std::string& text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (text.size() <= longest_description && is_utf8(text) &&
      !std::ranges::any_of(text, is_control)) {
    return;
  }
  throw Failure(FailureKind::usage,
                fmt::format("--description: one line of UTF-8 of at most {} bytes is expected, "
                            "received {} bytes: \"{}\"",
                            longest_description, text.size(), quoted(text)));
}

// RFC 9110 section 8.3.1: type "/" subtype, parameters behind it.
void check_media_type(const std::string& text) {
  const std::size_t slash = text.find('/');
  const bool printable =
      std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f && c != ','; });
  const std::string_view name = std::string_view(text).substr(0, text.find(';'));
  if (slash != std::string::npos && slash > 0 && slash + 1 < name.size() && printable &&
      name.find(' ') == std::string_view::npos && text.size() <= 200) {
    return;
  }
  throw Failure(FailureKind::usage,
                fmt::format("--type: a media type like text/plain is expected, received \"{}\"",
                            quoted(text)));
}

// The identifier as the archive writes it.
std::string known_identifier(store::Holdings& holdings, std::string_view name,
                             const std::string& id) {
  const auto dataset = holdings.find_any(id);
  if (!dataset) {
    throw Failure(FailureKind::not_found,
                  fmt::format("{}: there is no data set \"{}\"", name, quoted(id, 400)),
                  std::string(name));
  }
  return dataset->obscore.obs_publisher_did;
}

std::shared_ptr<store::Database> open_database(const site::Config& config,
                                               store::Database::Mode mode) {
  return std::make_shared<store::Database>(config.text("database"), mode);
}

std::string place_of(const Relation& relation) {
  if (relation.kind != Relation::Kind::file) return quoted(relation.target, 4096);
  return fmt::format("{}:{}", relation.root, quoted(relation.target, 4096));
}

std::string_view author_name(Relation::Author author) {
  constexpr std::array<std::string_view, 3> names = {"found beside the image", "from its header",
                                                     "by an administrator"};
  return names[static_cast<std::size_t>(author)];
}

}  // namespace

int link(const site::Config& config, const NewLink& link) {
  check_description(link.description);
  if (!link.type.empty()) check_media_type(link.type);
  Relation relation = ingest::relation_to(config, link.target);
  relation.semantics = store::semantics_of(link.semantics);
  const auto database = open_database(config, store::Database::Mode::read_write);
  store::Holdings holdings(database);
  const std::string id = known_identifier(holdings, "ID", link.id);
  if (relation.kind == Relation::Kind::dataset) {
    relation.target = known_identifier(holdings, "TARGET", relation.target);
  }
  if (!link.type.empty()) relation.content_type = link.type;
  relation.description = link.description;
  relation.author = Relation::Author::administrator;
  database->transaction([&] { store::record_relation(*database, id, relation); });
  fmt::print("{} {} {}\n", id, relation.semantics, place_of(relation));
  return 0;
}

int unlink(const site::Config& config, const std::string& id, const std::string& semantics,
           const std::string& target) {
  Relation relation = ingest::former_relation_to(config, target);
  relation.semantics = store::semantics_of(semantics);
  const auto database = open_database(config, store::Database::Mode::read_write);
  if (relation.kind == Relation::Kind::dataset) {
    store::Holdings holdings(database);
    if (const auto dataset = holdings.find_any(relation.target)) {
      relation.target = dataset->obscore.obs_publisher_did;
    }
  }
  bool was_there = false;
  database->transaction([&] { was_there = store::remove_relation(*database, id, relation); });
  if (was_there) return 0;
  fmt::print("{} has no {} {}\n", quoted(id, 400), relation.semantics, place_of(relation));
  return 1;
}

int links(const site::Config& config, const std::string& id) {
  const auto database = open_database(config, store::Database::Mode::read_only);
  for (const Relation& relation : store::relations_of(*database, id)) {
    fmt::print("{} {} {} ({}){}{}\n", relation.semantics, place_of(relation),
               relation.content_type.empty() ? "-" : relation.content_type,
               author_name(relation.author), relation.description.empty() ? "" : " ",
               quoted(relation.description, 1000));
  }
  return 0;
}

}  // namespace sodactl
