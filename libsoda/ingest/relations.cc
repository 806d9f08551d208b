#include "ingest/relations.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "fits/header.h"

namespace soda::ingest {
namespace {

namespace fs = std::filesystem;
using store::Relation;

constexpr std::size_t most_relations = 1000;
constexpr std::size_t longest_target = 2000;

struct Suffix {
  std::string_view suffix, type;
};
// The longer ones first.
constexpr std::array suffixes = {Suffix{".fits.gz", "image/x-fits-gzip"},
                                 Suffix{".fit.gz", "image/x-fits-gzip"},
                                 Suffix{".fits.fz", "application/fits"},
                                 Suffix{".fits", "application/fits"},
                                 Suffix{".fit", "application/fits"},
                                 Suffix{".fts", "application/fits"},
                                 Suffix{".fz", "application/fits"},
                                 Suffix{".txt", "text/plain"},
                                 Suffix{".log", "text/plain"},
                                 Suffix{".hdr", "text/plain"},
                                 Suffix{".md", "text/plain"},
                                 Suffix{".csv", "text/csv"},
                                 Suffix{".html", "text/html"},
                                 Suffix{".htm", "text/html"},
                                 Suffix{".xml", "text/xml"},
                                 Suffix{".vot", "application/x-votable+xml"},
                                 Suffix{".json", "application/json"},
                                 Suffix{".pdf", "application/pdf"},
                                 Suffix{".ps", "application/postscript"},
                                 Suffix{".png", "image/png"},
                                 Suffix{".jpg", "image/jpeg"},
                                 Suffix{".jpeg", "image/jpeg"},
                                 Suffix{".gif", "image/gif"},
                                 Suffix{".svg", "image/svg+xml"},
                                 Suffix{".tar.gz", "application/gzip"},
                                 Suffix{".tgz", "application/gzip"},
                                 Suffix{".gz", "application/gzip"},
                                 Suffix{".tar", "application/x-tar"},
                                 Suffix{".zip", "application/zip"}};

// {stem} and {name} filled in; empty for other words in braces.
std::optional<std::string> filled(std::string_view pattern, std::string_view name,
                                  std::string_view stem) {
  std::string out;
  while (!pattern.empty()) {
    const std::size_t open = pattern.find('{');
    out += pattern.substr(0, open);
    if (open == std::string_view::npos) return out;
    const std::size_t close = pattern.find('}', open);
    const std::string_view word =
        close == std::string_view::npos ? "" : pattern.substr(open + 1, close - open - 1);
    if (word != "name" && word != "stem") return std::nullopt;
    out += word == "name" ? name : stem;
    pattern.remove_prefix(close + 1);
  }
  return out;
}

// A regular file that may be read, where it really lies, and below a root.
std::optional<Relation> relation_of_file(const std::string& path, const Roots& roots) {
  std::error_code error;
  const std::string canonical = fs::canonical(path, error).string();
  if (error) return std::nullopt;
  struct stat status {};
  if (::stat(canonical.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const std::optional<Rooted> where = roots.relate(canonical);
  if (!where) return std::nullopt;
  Relation relation;
  relation.kind = Relation::Kind::file;
  relation.root = where->root;
  relation.target = where->path;
  relation.content_type = media_type_of(canonical);
  relation.content_length = status.st_size;
  return relation;
}

bool is_web_address(std::string_view text) {
  return starts_with_ignoring_case(text, "http://") || starts_with_ignoring_case(text, "https://");
}

bool is_identifier(std::string_view text) { return starts_with_ignoring_case(text, "ivo://"); }

Failure wrong_target(std::string_view expected, std::string_view target) {
  return {FailureKind::usage,
          fmt::format("TARGET: {}, got \"{}\"", expected, soda::quoted(target, 400)), "TARGET"};
}

// Of an identifier or an address; empty for paths.
std::optional<Relation> relation_by_name(std::string_view target) {
  Relation relation;
  relation.target = target;
  if (is_identifier(target)) {
    relation.kind = Relation::Kind::dataset;
    return relation;
  }
  if (!is_web_address(target)) return std::nullopt;
  const bool plain = std::ranges::all_of(target, [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("<>\"\\^`{|}").find(c) == std::string_view::npos;
  });
  if (!plain || target.size() > longest_target || target.find("://") + 3 == target.size()) {
    throw wrong_target(
        fmt::format("an address of at most {} characters, percent-encoded, is expected",
                    longest_target),
        target);
  }
  relation.kind = Relation::Kind::url;
  relation.content_type = media_type_of(target.substr(0, target.find_first_of("?#")));
  return relation;
}

bool names_card(std::string_view keyword, std::string_view card) {
  if (!keyword.ends_with('*')) return keyword == card;
  return card.starts_with(keyword.substr(0, keyword.size() - 1));
}

// The values of all cards that a keyword names, by their place in the header.
void collect(const fits::Header& header, std::string_view keyword,
             std::vector<std::string>& values) {
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (!names_card(keyword, fits::Header::keyword(header.card(i)))) continue;
    if (values.size() >= most_relations) return;
    const auto text = header.text(i);
    const std::string value(trim(text.value_or("")));
    if (!value.empty() && is_utf8(value) && !std::ranges::count(values, value)) {
      values.push_back(value);
    }
  }
}

}  // namespace

std::string media_type_of(std::string_view name) {
  const auto row = std::ranges::find_if(suffixes, [name](const Suffix& each) {
    return name.size() > each.suffix.size() &&
           equal_ignoring_case(name.substr(name.size() - each.suffix.size()), each.suffix);
  });
  return row == suffixes.end() ? std::string() : std::string(row->type);
}

void check_relations(const site::Collection& settings) {
  const auto check = [&](std::string_view part, const std::string& term,
                         const std::vector<std::string>& texts, const auto& is_right,
                         std::string_view expected) {
    const std::string key = fmt::format("[collection.{}.{}]", settings.name, part);
    try {
      store::semantics_of(term);
    } catch (const Failure& failure) {
      throw Failure(failure.kind(), fmt::format("{}: {}", key, failure.what()), term);
    }
    for (const std::string& text : texts) {
      if (is_right(text)) continue;
      throw Failure(FailureKind::usage,
                    fmt::format("{}: {}: {}, got \"{}\"", key, term, expected, soda::quoted(text)),
                    term);
    }
  };
  for (const auto& [term, patterns] : settings.companions) {
    check(
        "companions", term, patterns,
        [](const std::string& pattern) {
          return !pattern.empty() && pattern.front() != '/' && filled(pattern, "a", "a");
        },
        "a file name beside the image with {stem} or {name} is expected");
  }
  for (const auto& [term, keywords] : settings.relations) {
    check(
        "relations", term, keywords,
        [](const std::string& keyword) { return !keyword.empty() && keyword != "*"; },
        "a header keyword is expected, or the beginning of one and *");
  }
}

std::vector<Relation> companions_of(const std::string& path, const Roots& roots,
                                    const site::Collection& settings) {
  std::vector<Relation> relations;
  if (settings.companions.empty()) return relations;
  const fs::path image(path);
  const std::string name = image.filename().string();
  const std::string stem = store::stem_of(name);
  for (const auto& [term, patterns] : settings.companions) {
    for (const std::string& pattern : patterns) {
      const auto file = filled(pattern, name, stem);
      if (!file) continue;
      const std::string where = (image.parent_path() / *file).string();
      auto relation = relation_of_file(where, roots);
      if (!relation || roots.absolute(relation->root, relation->target) == path) continue;
      relation->semantics = store::semantics_of(term);
      relation->author = Relation::Author::companions;
      relations.push_back(std::move(*relation));
    }
  }
  return relations;
}

std::vector<Relation> relations_of(const store::FileContents& contents,
                                   const site::Collection& settings) {
  std::vector<Relation> relations;
  if (settings.relations.empty()) return relations;
  std::vector<fits::Header> headers;
  for (const store::HduRecord& hdu : contents.hdus) headers.emplace_back(hdu.cards);
  for (const auto& [term, keywords] : settings.relations) {
    std::vector<std::string> values;
    for (const std::string& keyword : keywords) {
      for (const fits::Header& header : headers) collect(header, to_upper(keyword), values);
    }
    for (std::string& value : values) {
      if (relations.size() == most_relations) return relations;
      Relation& relation = relations.emplace_back();
      relation.semantics = store::semantics_of(term);
      relation.kind = is_identifier(value) ? Relation::Kind::dataset : Relation::Kind::name;
      relation.target = std::move(value);
      relation.author = Relation::Author::headers;
    }
  }
  return relations;
}

Relation relation_to(const site::Config& config, std::string_view target) {
  if (auto relation = relation_by_name(target)) return *relation;
  constexpr std::string_view expected =
      "an identifier (ivo://...), an address (https://...) or the path of a file that is there is "
      "expected";
  if (!target.starts_with('/') || !fs::is_regular_file(std::string(target))) {
    throw wrong_target(expected, target);
  }
  const Roots roots(config);
  auto relation = relation_of_file(std::string(target), roots);
  if (!relation) {
    throw wrong_target(fmt::format("a file below a data root ({}) is expected", roots.list()),
                       target);
  }
  return *relation;
}

Relation former_relation_to(const site::Config& config, std::string_view target) {
  if (auto relation = relation_by_name(target)) return *relation;
  const Roots roots(config);
  std::error_code error;
  const std::string path = fs::weakly_canonical(std::string(target), error).string();
  const auto where = error ? std::nullopt : roots.relate(path);
  if (!where) {
    throw wrong_target(fmt::format("a file below a data root ({}) is expected", roots.list()),
                       target);
  }
  Relation relation;
  relation.kind = Relation::Kind::file;
  relation.root = where->root;
  relation.target = where->path;
  return relation;
}

}  // namespace soda::ingest
