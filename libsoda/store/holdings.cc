#include "store/holdings.h"

#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <map>
#include <unordered_map>

#include "base/text.h"
#include "store/rows.h"

namespace soda::store {
namespace {

// Longer identifiers cannot be ours: a path has at most 4096 bytes, each at most three characters
// here.
constexpr std::size_t longest_identifier = 16384;

std::size_t memory_of(const ObsCore& record) {
  std::size_t bytes = sizeof(Dataset) + 2 * sizeof(void*);
  for (const ObsCoreColumn& column : obscore_columns()) {
    if (const auto* text = std::get_if<std::string ObsCore::*>(&column.member))
      bytes += (record.**text).capacity();
  }
  return bytes;
}

std::size_t memory_of(const std::vector<Relation>& relations) {
  std::size_t bytes = relations.capacity() * sizeof(Relation);
  for (const Relation& each : relations) {
    bytes += each.semantics.capacity() + each.target.capacity() + each.root.capacity() +
             each.content_type.capacity() + each.description.capacity();
  }
  return bytes;
}

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

template <class T, class Pick>
void widen(std::optional<T>& into, const std::optional<T>& other, Pick pick) {
  into = into && other ? std::optional<T>(pick(*into, *other)) : std::nullopt;
}

// ObsCore 1.1 section 4.4: public, proprietary, secure; what is another word is for no stranger.
int strictness(std::string_view rights) {
  if (rights.empty() || equal_ignoring_case(rights, "public")) return 0;
  return equal_ignoring_case(rights, "proprietary") ? 1 : 2;
}

// What holds for all data sets of a file; a column on which they differ is NULL, intervals are
// united, and of different rights the strictest hold.
ObsCore common_record(const std::vector<ObsCore>& records) {
  ObsCore common = records.front();
  const auto least = [](double a, double b) { return std::min(a, b); };
  const auto most = [](double a, double b) { return std::max(a, b); };
  for (const ObsCore& record : records) {
    const ObsCore before = common;
    for (const ObsCoreColumn& column : obscore_columns()) {
      std::visit(
          [&](auto member) {
            if (common.*member != record.*member) common.*member = {};
          },
          column.member);
    }
    common.calib_level = std::min(before.calib_level, record.calib_level);
    common.data_rights = strictness(before.data_rights) > strictness(record.data_rights)
                             ? before.data_rights
                             : record.data_rights;
    common.em_min = before.em_min;
    common.em_max = before.em_max;
    common.t_min = before.t_min;
    common.t_max = before.t_max;
    widen(common.em_min, record.em_min, least);
    widen(common.em_max, record.em_max, most);
    widen(common.t_min, record.t_min, least);
    widen(common.t_max, record.t_max, most);
  }
  return common;
}

}  // namespace

std::size_t Holding::memory() const noexcept {
  std::size_t bytes = sizeof(Holding) + file.path.capacity() + file.root.capacity();
  for (const HduRecord& hdu : hdus) {
    bytes += sizeof(HduRecord) + hdu.cards.capacity() + hdu.outline.capacity() * sizeof(double) +
             (hdu.shape.capacity() + hdu.tile.capacity()) * sizeof(std::int64_t);
    for (const AuxiliaryArray& array : hdu.arrays) {
      bytes += sizeof(AuxiliaryArray) + array.cards.capacity() +
               array.values.capacity() * sizeof(double);
    }
  }
  return bytes;
}

struct Holdings::Impl {
  using DatasetPointer = std::shared_ptr<const Dataset>;
  // One file in memory, with those of its data sets that were asked for. The front of the list was
  // used last.
  struct Entry {
    std::shared_ptr<const Holding> holding;
    std::vector<std::string> keys;
    std::size_t bytes = 0;
  };
  using Entries = std::list<Entry>;
  struct Place {
    DatasetPointer dataset;
    Entries::iterator entry;
  };

  std::shared_ptr<Database> database;
  std::size_t budget;
  std::size_t bytes = 0;
  Entries entries;
  std::unordered_map<std::int64_t, Entries::iterator> by_file;
  std::unordered_map<std::string, Place> by_key;
  std::int64_t version = -1;
  std::int64_t generation = 0;

  void forget_all() {
    by_key.clear();
    by_file.clear();
    entries.clear();
    bytes = 0;
  }

  void forget_when_changed() {
    const std::int64_t now = database->data_version();
    if (now == version) return;
    Statement row = database->prepare("SELECT value FROM counter WHERE name = 'holdings'");
    const std::int64_t drawn = row.step() ? row.integer(0) : 0;
    if (version == -1 || drawn != generation) forget_all();
    version = now;
    generation = drawn;
  }

  std::shared_ptr<const Holding> holding(std::int64_t file) {
    if (const auto found = by_file.find(file); found != by_file.end())
      return found->second->holding;
    auto read = std::make_shared<Holding>();
    Statement row = database->prepare(select_file);
    row.bind(1, file);
    if (!row.step()) return nullptr;
    read->file = file_of(row);
    read->hdus = read_hdus(*database, file);
    return read;
  }

  // Of the data set and of its whole file, whose identifiers are often the same.
  std::vector<Relation> relations(std::string_view did, std::string_view file_did,
                                  const Holding* holding) {
    const std::string_view folder =
        holding != nullptr ? folder_of(holding->file.path) : std::string_view();
    std::vector<Relation> all = living_relations(*database, did, folder);
    if (file_did.empty() || equal_ignoring_case(did, file_did)) return all;
    for (Relation& each : living_relations(*database, file_did, folder)) {
      all.push_back(std::move(each));
    }
    return all;
  }

  DatasetPointer read_one(std::string_view did) {
    static const std::string sql = fmt::format(
        "SELECT dataset.id, hdu, file, did, {} FROM dataset LEFT JOIN file ON file.id = "
        "dataset.file WHERE obs_publisher_did = ?1 COLLATE NOCASE",
        obscore_list());
    Statement row = database->prepare(sql);
    row.bind(1, did);
    if (!row.step()) return nullptr;
    auto dataset = std::make_shared<Dataset>();
    dataset->id = row.integer(0);
    dataset->hdu = static_cast<int>(row.integer(1));
    dataset->obscore = obscore_of(row, 4);
    if (!row.is_null(2)) {
      dataset->holding = holding(row.integer(2));
      if (!dataset->holding) return nullptr;
    }
    dataset->relations = relations(did, row.text(3), dataset->holding.get());
    return dataset;
  }

  DatasetPointer read_whole_file(std::string_view did) {
    static const std::string sql = fmt::format(
        "SELECT file.id, file.did, {} FROM file JOIN dataset ON dataset.file = file.id WHERE did = "
        "?1 COLLATE NOCASE "
        "ORDER BY dataset.hdu",
        obscore_list());
    Statement row = database->prepare(sql);
    row.bind(1, did);
    std::int64_t file = 0;
    std::string identifier;
    std::vector<ObsCore> records;
    while (row.step()) {
      file = row.integer(0);
      identifier = row.text(1);
      records.push_back(obscore_of(row, 2));
    }
    if (records.empty()) return nullptr;
    auto dataset = std::make_shared<Dataset>();
    dataset->hdu = -1;
    dataset->holding = holding(file);
    dataset->obscore = common_record(records);
    dataset->obscore.obs_publisher_did = identifier;
    if (!dataset->holding) return nullptr;
    dataset->relations = relations(did, {}, dataset->holding.get());
    return dataset;
  }

  DatasetPointer keep(const std::string& key, const DatasetPointer& dataset) {
    const std::int64_t file = dataset->holding->file.id;
    auto found = by_file.find(file);
    if (found == by_file.end()) {
      const std::size_t size = dataset->holding->memory();
      if (size > budget) return dataset;
      entries.push_front({dataset->holding, {}, size});
      bytes += size;
      found = by_file.emplace(file, entries.begin()).first;
    }
    const auto entry = found->second;
    const std::size_t size =
        memory_of(dataset->obscore) + memory_of(dataset->relations) + 2 * key.capacity();
    entry->keys.push_back(key);
    entry->bytes += size;
    bytes += size;
    by_key.insert_or_assign(key, Place{dataset, entry});
    entries.splice(entries.begin(), entries, entry);
    while (bytes > budget && entries.size() > 1) forget(std::prev(entries.end()));
    return dataset;
  }

  void forget(Entries::iterator entry) {
    for (const std::string& key : entry->keys) by_key.erase(key);
    by_file.erase(entry->holding->file.id);
    bytes -= entry->bytes;
    entries.erase(entry);
  }
};

Holdings::Holdings(std::shared_ptr<Database> database, std::size_t memory_budget)
    : impl_(std::make_unique<Impl>()) {
  impl_->database = std::move(database);
  impl_->budget = memory_budget;
}
Holdings::~Holdings() = default;

std::shared_ptr<const Dataset> Holdings::find(std::string_view publisher_did) {
  auto dataset = find_any(publisher_did);
  return dataset && dataset->holding ? dataset : nullptr;
}

std::shared_ptr<const Dataset> Holdings::find_any(std::string_view publisher_did) {
  impl_->forget_when_changed();
  if (publisher_did.size() > longest_identifier) return nullptr;
  const std::string key = to_lower(publisher_did);
  if (const auto found = impl_->by_key.find(key); found != impl_->by_key.end()) {
    impl_->entries.splice(impl_->entries.begin(), impl_->entries, found->second.entry);
    return found->second.dataset;
  }
  Impl::DatasetPointer dataset;
  impl_->database->transaction([&] {
    dataset = impl_->read_one(publisher_did);
    if (!dataset) dataset = impl_->read_whole_file(publisher_did);
  });
  // Rows without a file are small and quickly read again.
  return dataset && dataset->holding ? impl_->keep(key, dataset) : dataset;
}

std::string Holdings::why_absent(std::string_view publisher_did) {
  constexpr std::size_t longest_shown = 200;
  const std::string_view whole = publisher_did.substr(0, publisher_did.find('#'));
  const auto has_file = [&] {
    Statement row = impl_->database->prepare("SELECT 1 FROM file WHERE did = ?1 COLLATE NOCASE");
    return row.bind(1, whole).step();
  };
  std::string_view reason = "is not known to this archive";
  if (whole.size() <= longest_identifier && has_file()) {
    reason = find_any(whole) ? "names an HDU that is not there or no image of more than one pixel"
                             : "names a file without an image of more than one pixel";
  }
  return fmt::format("ID {}, got \"{}\"", reason, quoted(publisher_did, longest_shown));
}

bool Holdings::empty() {
  Statement row = impl_->database->prepare("SELECT 1 FROM dataset LIMIT 1");
  return !row.step();
}

std::vector<std::shared_ptr<const Dataset>> Holdings::first(std::size_t limit) {
  std::vector<std::string> identifiers;
  {
    Statement row = impl_->database->prepare(
        "SELECT obs_publisher_did FROM dataset WHERE file IS NOT NULL ORDER BY file, hdu LIMIT ?1");
    row.bind(1, static_cast<std::int64_t>(limit));
    while (row.step()) identifiers.emplace_back(row.text(0));
  }
  std::vector<std::shared_ptr<const Dataset>> datasets;
  for (const std::string& identifier : identifiers) {
    if (auto dataset = find(identifier)) datasets.push_back(std::move(dataset));
  }
  return datasets;
}

}  // namespace soda::store
