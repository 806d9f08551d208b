#include "ingest/ingest.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "fits/file.h"
#include "ingest/describe.h"
#include "ingest/keywords.h"
#include "ingest/relations.h"
#include "ingest/roots.h"
#include "ingest/walk.h"
#include "store/recorder.h"

namespace soda::ingest {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t batch_bytes = std::size_t{64} << 20;
constexpr std::int64_t page = 1000;
constexpr std::string_view default_collection = "default";

bool is_identity(const store::FileRecord& known, const fits::Identity& now) {
  return known.size == now.size && known.mtime_ns == now.mtime_ns && known.inode == now.inode;
}

// The name is part of identifiers, unescaped.
void check_collection_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '_' || c == '.';
  };
  if (name.size() > 64 || !std::all_of(name.begin(), name.end(), plain)) {
    throw Failure(
        FailureKind::usage,
        fmt::format(
            "a collection's name has at most 64 letters, digits, '-', '_' and '.', not \"{}\"",
            quoted(name)),
        "collection");
  }
}

class Run {
 public:
  Run(const site::Config& config, store::Database& database, const Options& options,
      const std::function<void(const Progress&)>& progress)
      : config_(config),
        database_(database),
        options_(options),
        progress_(progress),
        roots_(config),
        recorder_(database, config.columns()),
        access_(config.text("access") == "file" ? store::Access::file : store::Access::links) {
    check_collection_name(options.collection);
    for (const auto& [name, collection] : config.collections()) {
      check_collection(collection, recorder_.own());
      check_relations(collection);
    }
  }

  Report go() {
    database_.transaction([this] { recorder_.set_access(access_); });
    for (const std::string& path : options_.paths) starts_.push_back(resolve(path));
    Walk found;
    for (const Start& start : starts_) {
      if (start.there) walk(start.canonical, roots_, found);
    }
    tidy(found);
    refuse_empty_roots();
    report_.other = found.other;
    report_.unreadable = std::move(found.unreadable);
    take_all(found.candidates);
    for (const Start& start : starts_) forget_vanished(start.where);
    return std::move(report_);
  }

 private:
  struct Start {
    std::string canonical;
    Rooted where;
    bool there = true;
  };

  Start resolve(const std::string& path) {
    std::error_code error;
    Start start;
    start.canonical = fs::weakly_canonical(fs::absolute(path), error).string();
    if (error)
      throw Failure(FailureKind::usage, fmt::format("{}: {}", path, error.message()), "path");
    while (start.canonical.size() > 1 && start.canonical.back() == '/') start.canonical.pop_back();
    const std::optional<Rooted> where = roots_.relate(start.canonical);
    if (!where) {
      throw Failure(FailureKind::usage,
                    fmt::format("{} lies outside the data roots ({})", path, roots_.list()),
                    "path");
    }
    start.where = *where;
    start.there = fs::exists(start.canonical, error);
    // What is gone may be named so that it is forgotten; what was never known is a slip of the pen.
    if (!start.there && store::files_below(database_, where->root, where->path, 0, 1).empty()) {
      throw Failure(FailureKind::usage, fmt::format("{}: no such file or folder", path), "path");
    }
    return start;
  }

  // An empty root is more likely a disk that is not mounted than an archive that was thrown away.
  void refuse_empty_roots() {
    for (const Start& start : starts_) {
      std::error_code error;
      const std::string folder = roots_.absolute(start.where.root, "");
      if (!fs::is_empty(folder, error) ||
          store::files_below(database_, start.where.root, "", 0, 1).empty())
        continue;
      throw Failure(
          FailureKind::usage,
          fmt::format(
              "the data root {} ({}) is empty although files of it are known: is its disk mounted?",
              start.where.root, folder),
          "path");
    }
  }

  void take_all(const std::vector<Candidate>& candidates) {
    Progress progress{0, static_cast<std::int64_t>(candidates.size()), {}};
    for (const Candidate& candidate : candidates) {
      take(candidate);
      ++progress.done;
      progress.path = candidate.path;
      if (progress_) progress_(progress);
      if (static_cast<std::int64_t>(pending_.size()) >= options_.batch ||
          pending_bytes_ >= batch_bytes)
        flush();
    }
    flush();
  }

  void take(const Candidate& candidate) {
    try {
      const std::optional<Rooted> where = roots_.relate(candidate.path);
      if (!where) throw Failure(FailureKind::usage, "it lies outside the data roots");
      const fits::Identity identity = fits::identify(candidate.path);
      const std::optional<store::KnownFile> known = recorder_.known(where->root, where->path);
      const std::string collection = collection_of(known);
      if (known && is_identity(known->file, identity) && known->collection == collection) {
        ++report_.unchanged;
        look_beside(candidate.path, *known);
        return;
      }
      Place place{candidate.path,
                  where->root,
                  where->path,
                  collection,
                  identifier_of(config_.text("authority"), collection, roots_.prefix(where->root),
                                where->path),
                  access_};
      store::FileContents contents = describe(place, settings(collection), recorder_.own());
      contents.companions = companions_of(candidate.path, roots_, settings(collection));
      contents.relations = relations_of(contents, settings(collection));
      for (const store::HduRecord& hdu : contents.hdus) {
        pending_bytes_ += hdu.cards.size();
        for (const store::AuxiliaryArray& array : hdu.arrays)
          pending_bytes_ += array.values.size() * sizeof(double);
      }
      pending_.push_back({candidate.path, known.has_value(), std::move(contents)});
    } catch (const std::exception& error) {
      complain(candidate, error.what());
    }
  }

  // What lies beside a file may change without it.
  void look_beside(const std::string& path, const store::KnownFile& known) {
    using Author = store::Relation::Author;
    std::vector<store::Relation> before = store::relations_of(database_, known.did);
    std::erase_if(before, [](const auto& each) { return each.author != Author::companions; });
    const auto now = companions_of(path, roots_, settings(known.collection));
    const bool same = std::ranges::is_permutation(
        before, now, [](const auto& a, const auto& b) { return a.same_as(b); });
    if (same) return;
    database_.transaction(
        [&] { store::replace_relations(database_, known.did, Author::companions, now); });
  }

  std::string collection_of(const std::optional<store::KnownFile>& known) const {
    if (!options_.collection.empty()) return options_.collection;
    return known ? known->collection : std::string(default_collection);
  }

  const site::Collection& settings(const std::string& collection) {
    const auto found = settings_.find(collection);
    if (found != settings_.end()) return found->second;
    return settings_.emplace(collection, settings_for(config_, collection)).first->second;
  }

  void complain(const Candidate& candidate, const std::string& reason) {
    if (candidate.by_name) {
      report_.unreadable.push_back({candidate.path, reason});
    } else {
      ++report_.other;
    }
  }

  // One transaction. Failures of the data base end the run; a refused file is only that file's.
  void flush() {
    if (pending_.empty()) return;
    database_.transaction([this] {
      for (const Pending& file : pending_) put(file);
    });
    pending_.clear();
    pending_bytes_ = 0;
  }

  struct Pending {
    std::string path;
    bool known;
    store::FileContents contents;
  };

  void put(const Pending& file) {
    try {
      recorder_.put(file.contents);
    } catch (const Failure& failure) {
      if (failure.kind() != FailureKind::usage) throw;
      report_.unreadable.push_back({file.path, failure.what()});
      return;
    }
    ++(file.known ? report_.changed : report_.added);
    report_.datasets += static_cast<std::int64_t>(file.contents.datasets.size());
    if (!file.contents.problem.empty()) {
      report_.unreadable.push_back(
          {file.path, file.contents.problem + " (what comes before it is kept)"});
    }
  }

  void forget_vanished(const Rooted& where) {
    std::int64_t after = 0;
    while (true) {
      const std::vector<store::KnownFile> files =
          store::files_below(database_, where.root, where.path, after, page);
      if (files.empty()) return;
      after = files.back().file.id;
      std::vector<std::int64_t> gone;
      for (const store::KnownFile& known : files) {
        if (is_gone(roots_.absolute(known.file.root, known.file.path)))
          gone.push_back(known.file.id);
      }
      if (gone.empty()) continue;
      database_.transaction([&] {
        for (const std::int64_t id : gone) recorder_.remove(id);
      });
      report_.vanished += static_cast<std::int64_t>(gone.size());
    }
  }

  // Only what is surely not there: a folder that may not be entered, or a disk that fails, makes
  // nothing vanish.
  static bool is_gone(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) return !S_ISREG(status.st_mode);
    return errno == ENOENT || errno == ENOTDIR;
  }

  const site::Config& config_;
  store::Database& database_;
  const Options& options_;
  const std::function<void(const Progress&)>& progress_;
  Roots roots_;
  store::Recorder recorder_;
  store::Access access_;
  std::vector<Start> starts_;
  std::map<std::string, site::Collection> settings_;
  std::vector<Pending> pending_;
  std::size_t pending_bytes_ = 0;
  Report report_;
};

}  // namespace

Report ingest(const site::Config& config, store::Database& database, const Options& options,
              const std::function<void(const Progress&)>& progress) {
  return Run(config, database, options, progress).go();
}

std::vector<Unreadable> audit(const site::Config& config, store::Database& database) {
  const Roots roots(config);
  std::vector<Unreadable> problems;
  for (const auto& [root, folder] : config.data_roots()) {
    std::int64_t after = 0;
    while (true) {
      const std::vector<store::KnownFile> files =
          store::files_below(database, root, "", after, page);
      if (files.empty()) break;
      after = files.back().file.id;
      for (const store::KnownFile& known : files) {
        const std::string path = roots.absolute(root, known.file.path);
        try {
          if (!is_identity(known.file, fits::identify(path))) {
            problems.push_back({path, "it has changed since it was ingested"});
          } else if (!known.problem.empty()) {
            problems.push_back({path, known.problem});
          }
        } catch (const Failure&) {
          problems.push_back({path, "it is not there, or cannot be reached"});
        }
      }
    }
  }
  return problems;
}

}  // namespace soda::ingest
