#include "store/relations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/failure.h"
#include "base/text.h"
#include "store/rows.h"

namespace soda::store {
namespace {

// http://www.ivoa.net/rdf/datalink/core, 2026-03.
constexpr std::array<std::string_view, 22> core_terms = {"this",
                                                         "progenitor",
                                                         "derivation",
                                                         "auxiliary",
                                                         "weight",
                                                         "error",
                                                         "noise",
                                                         "calibration",
                                                         "bias",
                                                         "dark",
                                                         "flat",
                                                         "preview",
                                                         "preview-image",
                                                         "preview-plot",
                                                         "thumbnail",
                                                         "proc",
                                                         "cutout",
                                                         "documentation",
                                                         "detached-header",
                                                         "coderived",
                                                         "counterpart",
                                                         "package"};
constexpr std::string_view core_vocabulary = "http://www.ivoa.net/rdf/datalink/core#";
constexpr std::size_t longest_uri = 1000;
constexpr std::size_t most_namesakes = 100;

constexpr std::string_view columns =
    "id, semantics, kind, target, root, content_type, description, content_length, author";

bool is_uri(std::string_view text) {
  const bool begins =
      starts_with_ignoring_case(text, "http://") || starts_with_ignoring_case(text, "https://");
  return begins && text.size() <= longest_uri && std::ranges::all_of(text, [](char c) {
           return c > ' ' && c < 0x7f &&
                  std::string_view("<>\"\\^`{|}").find(c) == std::string_view::npos;
         });
}

template <class Enumeration>
Enumeration enumerator(std::int64_t number, Enumeration last) {
  if (number < 0 || number > static_cast<std::int64_t>(last)) {
    throw Failure(FailureKind::unavailable,
                  "The archive's data base is damaged: a relation cannot be understood.");
  }
  return static_cast<Enumeration>(number);
}

Relation relation_of(const Statement& row) {
  Relation relation;
  relation.id = row.integer(0);
  relation.semantics = row.text(1);
  relation.kind = enumerator(row.integer(2), Relation::Kind::name);
  relation.target = row.text(3);
  relation.root = row.text(4);
  relation.content_type = row.text(5);
  relation.description = row.text(6);
  if (!row.is_null(7)) relation.content_length = row.integer(7);
  relation.author = enumerator(row.integer(8), Relation::Author::administrator);
  return relation;
}

// Binds what tells relations of one identifier apart, from index 2 on.
void bind_key(Statement& row, std::string_view did, const Relation& relation) {
  row.bind(1, did)
      .bind(2, std::string_view(relation.semantics))
      .bind(3, static_cast<std::int64_t>(relation.kind))
      .bind(4, std::string_view(relation.root))
      .bind(5, std::string_view(relation.target));
}

bool is_there(Database& database, std::string_view did) {
  Statement row = database.prepare(
      "SELECT 1 FROM dataset WHERE obs_publisher_did = ?1 COLLATE NOCASE UNION ALL "
      "SELECT 1 FROM file WHERE did = ?1 COLLATE NOCASE LIMIT 1");
  row.bind(1, did);
  return row.step();
}

struct Namesake {
  std::string path, did;
};

// The one of several files of a stem that is meant: a neighbour before others, the very name before
// one with another suffix.
std::optional<std::string> meant(const std::vector<Namesake>& files, std::string_view name,
                                 std::string_view folder) {
  const auto rank = [&](const Namesake& file) {
    const std::size_t slash = file.path.rfind('/');
    const std::string_view where =
        slash == std::string::npos ? "" : std::string_view(file.path).substr(0, slash);
    const std::string_view own =
        std::string_view(file.path).substr(slash == std::string::npos ? 0 : slash + 1);
    return (where == folder ? 2 : 0) + (own == name ? 1 : 0);
  };
  int best = -1;
  std::optional<std::string> did;
  for (const Namesake& file : files) {
    const int now = rank(file);
    if (now < best) continue;
    did = now == best ? std::nullopt : std::optional(file.did);
    best = now;
  }
  return did;
}

std::string_view last_part(std::string_view name) {
  name = trim(name);
  if (const std::size_t bracket = name.find('['); bracket != std::string_view::npos) {
    name = name.substr(0, bracket);
  }
  // IRAF separates logical folders by '$'.
  if (const std::size_t slash = name.find_last_of("/$"); slash != std::string_view::npos) {
    name.remove_prefix(slash + 1);
  }
  return name;
}

std::optional<std::string> find_name(Database& database, std::string_view name,
                                     std::string_view folder) {
  const std::string stem = stem_of(name);
  if (stem.empty()) return std::nullopt;
  Statement row = database.prepare("SELECT path, did FROM file WHERE stem = ?1 LIMIT ?2");
  row.bind(1, std::string_view(stem)).bind(2, static_cast<std::int64_t>(most_namesakes));
  std::vector<Namesake> files;
  while (row.step()) files.push_back({std::string(row.text(0)), std::string(row.text(1))});
  return meant(files, last_part(name), folder);
}

}  // namespace

bool Relation::same_target(const Relation& other) const {
  return semantics == other.semantics && kind == other.kind && target == other.target &&
         root == other.root;
}

bool Relation::same_as(const Relation& other) const {
  return same_target(other) && content_type == other.content_type &&
         description == other.description && content_length == other.content_length &&
         author == other.author;
}

std::string semantics_of(std::string_view term) {
  std::string_view word = term;
  if (word.starts_with(core_vocabulary)) word.remove_prefix(core_vocabulary.size() - 1);
  if (word.starts_with('#')) word.remove_prefix(1);
  if (std::ranges::find(core_terms, word) != core_terms.end()) return "#" + std::string(word);
  if (is_uri(term) && !term.starts_with(core_vocabulary)) return std::string(term);
  throw Failure(FailureKind::usage,
                fmt::format("semantics: one of {}, or the http URI of another term is expected, "
                            "got \"{}\"",
                            fmt::join(core_terms, ", "), quoted(term)),
                "semantics");
}

std::vector<Relation> relations_of(Database& database, std::string_view did) {
  Statement row =
      database.prepare(fmt::format("SELECT {} FROM relation WHERE did = ?1 ORDER BY id", columns));
  row.bind(1, did);
  std::vector<Relation> relations;
  while (row.step()) relations.push_back(relation_of(row));
  return relations;
}

std::vector<Relation> living_relations(Database& database, std::string_view did,
                                       std::string_view folder) {
  std::vector<Relation> living;
  for (Relation& relation : relations_of(database, did)) {
    if (relation.kind == Relation::Kind::name) {
      const auto found = find_name(database, relation.target, folder);
      if (!found || equal_ignoring_case(*found, did)) continue;
      relation.kind = Relation::Kind::dataset;
      relation.target = *found;
    } else if (relation.kind == Relation::Kind::dataset && !is_there(database, relation.target)) {
      continue;
    }
    const bool repeats = std::ranges::any_of(living, [&](const Relation& other) {
      return other.semantics == relation.semantics && other.kind == relation.kind &&
             other.kind == Relation::Kind::dataset &&
             equal_ignoring_case(other.target, relation.target);
    });
    if (!repeats) living.push_back(std::move(relation));
  }
  return living;
}

void record_relation(Database& database, std::string_view did, const Relation& relation) {
  Statement row = database.prepare(
      "INSERT INTO relation (did, semantics, kind, root, target, content_type, description, "
      "content_length, author) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
      "ON CONFLICT (did, semantics, kind, root, target) DO UPDATE SET "
      "content_type = excluded.content_type, description = excluded.description, "
      "content_length = excluded.content_length, author = excluded.author "
      "WHERE excluded.author >= author");
  bind_key(row, did, relation);
  row.bind(6, std::string_view(relation.content_type))
      .bind(7, std::string_view(relation.description))
      .bind(8, relation.content_length)
      .bind(9, static_cast<std::int64_t>(relation.author));
  row.run();
  holdings_changed(database);
}

bool remove_relation(Database& database, std::string_view did, const Relation& relation) {
  Statement row = database.prepare(
      "DELETE FROM relation WHERE did = ?1 AND semantics = ?2 AND kind = ?3 AND root = ?4 AND "
      "target = ?5 RETURNING id");
  bind_key(row, did, relation);
  const bool was_there = row.step();
  if (was_there) {
    row.run();
    holdings_changed(database);
  }
  return was_there;
}

bool replace_relations(Database& database, std::string_view did, Relation::Author author,
                       std::span<const Relation> relations) {
  const std::vector<Relation> before = relations_of(database, did);
  bool changed = false;
  for (const Relation& old : before) {
    const bool stays =
        old.author != author ||
        std::ranges::any_of(relations, [&](const auto& each) { return each.same_target(old); });
    if (!stays) changed = remove_relation(database, did, old) || changed;
  }
  for (Relation relation : relations) {
    relation.author = author;
    const bool is_there = std::ranges::any_of(before, [&](const Relation& old) {
      return old.same_as(relation) || (old.same_target(relation) && old.author > author);
    });
    if (is_there) continue;
    record_relation(database, did, relation);
    changed = true;
  }
  return changed;
}

std::string stem_of(std::string_view name) {
  constexpr std::array<std::string_view, 2> packed = {".gz", ".fz"};
  constexpr std::array<std::string_view, 3> plain = {".fits", ".fit", ".fts"};
  std::string_view stem = last_part(name);
  const auto drop = [&stem](const auto& suffixes) {
    for (const std::string_view suffix : suffixes) {
      if (stem.size() > suffix.size() &&
          equal_ignoring_case(stem.substr(stem.size() - suffix.size()), suffix)) {
        stem.remove_suffix(suffix.size());
        return;
      }
    }
  };
  drop(packed);
  drop(plain);
  return std::string(stem);
}

}  // namespace soda::store
