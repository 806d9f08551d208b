#include "store/recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/failure.h"
#include "base/text.h"
#include "sky/footprint.h"
#include "store/dataset_row.h"
#include "store/rows.h"

namespace soda::store {
namespace {

constexpr std::string_view known_columns =
    "id, root, path, size, mtime_ns, inode, gzipped, collection, problem, did";

KnownFile known_of(const Statement& row) {
  return {file_of(row), std::string(row.text(7)), std::string(row.text(8)),
          std::string(row.text(9))};
}

// Rows that are neighbours on the sky go in one after the other: the R*Trees are built faster and
// better.
std::uint64_t order_of(const std::optional<sky::Footprint>& footprint) {
  return footprint ? sky::hilbert_order(footprint->centre()) : 0;
}

// Made of what ingest found: a region that cannot be understood is no reason to refuse the file.
std::optional<sky::Footprint> footprint_if_any(ObsCore& record) {
  try {
    return footprint_of(record);
  } catch (const Failure&) {
    return std::nullopt;
  }
}

[[noreturn]] void refuse_repeated(std::string_view did) {
  throw Failure(FailureKind::usage, fmt::format("the identifier {} stands twice", quoted(did)));
}

[[noreturn]] void refuse_identifier(std::string_view did, std::string_view path) {
  throw Failure(FailureKind::usage, fmt::format("the identifier {} belongs to {} already (letter "
                                                "case does not distinguish identifiers)",
                                                did, path));
}

// Data sets that meet the condition on ?1, out of the trees as well, which no trigger can reach.
void delete_datasets(Database& database, std::string_view condition, std::int64_t value) {
  for (const std::string_view table : {"sky3", "sky5", "dataset"}) {
    database.prepare(fmt::format("DELETE FROM {} WHERE {}", table, condition)).bind(1, value).run();
  }
}

}  // namespace

Recorder::Recorder(Database& database, const std::vector<Column>& own)
    : database_(database), claim_(database.claim()) {
  if (!own.empty()) database_.transaction([&] { declare_columns(database_, own); });
  own_ = own_columns(database_);
  rows_ = std::make_unique<DatasetRows>(database_, own_);
  Statement row = database_.prepare("SELECT coalesce(max(id), 0) FROM dataset");
  row.step();
  last_before_ = row.integer(0);
}
Recorder::~Recorder() = default;

std::optional<KnownFile> Recorder::known(std::string_view root, std::string_view path) {
  Statement row = database_.prepare(
      fmt::format("SELECT {} FROM file WHERE root = ?1 AND path = ?2", known_columns));
  row.bind(1, root).bind(2, path);
  if (!row.step()) return std::nullopt;
  return known_of(row);
}

void Recorder::put(const FileContents& contents) {
  const std::optional<KnownFile> before = known(contents.file.root, contents.file.path);
  refuse_taken_identifiers(before ? before->file.id : 0, contents);
  const std::int64_t file = put_file(contents);
  database_.prepare("DELETE FROM hdu WHERE file = ?1").bind(1, file).run();
  for (const HduRecord& hdu : contents.hdus) insert_hdu(database_, file, hdu);

  doubt_datasets(file);
  for (const NewDataset& dataset : contents.datasets) {
    ObsCore record = dataset.obscore;
    const std::optional<sky::Footprint> footprint = footprint_if_any(record);
    rows_->put(file, dataset.hdu, record, dataset.own, footprint);
  }
  drop_doubtful(file);
  if (before && before->did != contents.did) forget_relations(before->did);
  replace_relations(database_, contents.did, Relation::Author::companions, contents.companions);
  replace_relations(database_, contents.did, Relation::Author::headers, contents.relations);
  holdings_changed(database_);
}

// What ingest found; what an administrator wrote waits for the identifier to come back.
void Recorder::forget_relations(std::string_view did) {
  replace_relations(database_, did, Relation::Author::companions, {});
  replace_relations(database_, did, Relation::Author::headers, {});
}

// Negative while in doubt: what the new contents do not claim back is gone.
void Recorder::doubt_datasets(std::int64_t file) {
  database_.prepare("UPDATE dataset SET hdu = -2 WHERE file = ?1").bind(1, file).run();
}

void Recorder::drop_doubtful(std::int64_t file) {
  delete_datasets(database_, "id IN (SELECT id FROM dataset WHERE file = ?1 AND hdu = -2)", file);
}

void Recorder::remove(std::int64_t file) {
  std::string did;
  {
    Statement row = database_.prepare("SELECT did FROM file WHERE id = ?1");
    row.bind(1, file);
    if (row.step()) did = row.text(0);
  }
  forget_relations(did);
  doubt_datasets(file);
  drop_doubtful(file);
  database_.prepare("DELETE FROM file WHERE id = ?1").bind(1, file).run();
  holdings_changed(database_);
}

void Recorder::refuse_taken_identifiers(std::int64_t file, const FileContents& contents) {
  Statement whole =
      database_.prepare("SELECT path FROM file WHERE did = ?1 COLLATE NOCASE AND id <> ?2");
  whole.bind(1, std::string_view(contents.did)).bind(2, file);
  if (whole.step()) refuse_identifier(contents.did, whole.text(0));
  for (const NewDataset& dataset : contents.datasets) {
    const std::string& did = dataset.obscore.obs_publisher_did;
    Statement row = database_.prepare(
        "SELECT coalesce(path, 'a catalogue') FROM dataset LEFT JOIN file ON file.id = "
        "dataset.file "
        "WHERE obs_publisher_did = ?1 COLLATE NOCASE AND file IS NOT ?2");
    row.bind(1, std::string_view(did)).bind(2, file);
    if (row.step()) refuse_identifier(did, row.text(0));
  }
}

std::int64_t Recorder::put_file(const FileContents& contents) {
  const FileRecord& file = contents.file;
  Statement row = database_.prepare(
      "INSERT INTO file (root, path, size, mtime_ns, inode, gzipped, collection, did, problem, "
      "stem) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (root, path) DO UPDATE SET "
      "size = "
      "excluded.size, "
      "mtime_ns = excluded.mtime_ns, inode = excluded.inode, gzipped = excluded.gzipped, "
      "collection = excluded.collection, "
      "did = excluded.did, problem = excluded.problem RETURNING id");
  row.bind(1, std::string_view(file.root)).bind(2, std::string_view(file.path));
  row.bind(3, file.size).bind(4, file.mtime_ns).bind(5, static_cast<std::int64_t>(file.inode));
  row.bind(6, std::int64_t{file.gzipped}).bind(7, std::string_view(contents.collection));
  row.bind(8, std::string_view(contents.did));
  row.bind(10, std::string_view(stem_of(file.path)));
  if (contents.problem.empty()) {
    row.bind_null(9);
  } else {
    row.bind(9, std::string_view(contents.problem));
  }
  row.step();
  const std::int64_t id = row.integer(0);
  row.run();
  return id;
}

void Recorder::set_access(Access access) {
  {
    Statement row = database_.prepare("SELECT value FROM counter WHERE name = 'access'");
    if (row.step() && row.integer(0) == static_cast<std::int64_t>(access)) return;
  }
  database_.prepare("INSERT OR REPLACE INTO counter VALUES ('access', ?1)")
      .bind(1, static_cast<std::int64_t>(access))
      .run();
  Statement row = database_.prepare(
      "UPDATE dataset SET access_format = iif((SELECT gzipped FROM file WHERE file.id = "
      "dataset.file), ?1, ?2) WHERE file IS NOT NULL AND access_url IS NULL AND "
      "access_format IN (?3, ?4, ?5)");
  row.bind(1, access_format_of(access, Packing::gzip))
      .bind(2, access_format_of(access, Packing::none))
      .bind(3, links_format)
      .bind(4, fits_format)
      .bind(5, gzipped_fits_format);
  row.run();
  holdings_changed(database_);
}

std::vector<Rejected> Recorder::import_rows(std::span<const CatalogueRow> rows) {
  struct Ready {
    const CatalogueRow* row;
    ObsCore record;
    std::optional<sky::Footprint> footprint;
    std::uint64_t order;
    std::optional<std::int64_t> replaces;
  };
  std::vector<Ready> ready;
  std::vector<Rejected> rejected;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    try {
      Ready one{&rows[i], rows[i].obscore, {}, 0, {}};
      one.replaces = place_for(one.record);
      one.footprint = footprint_of(one.record);
      one.order = order_of(one.footprint);
      if (!seen.insert(to_lower(one.record.obs_publisher_did)).second)
        refuse_repeated(one.record.obs_publisher_did);
      ready.push_back(std::move(one));
    } catch (const Failure& failure) {
      if (failure.kind() != FailureKind::usage) throw;
      rejected.push_back({i, failure.what()});
    }
  }
  std::sort(ready.begin(), ready.end(),
            [](const Ready& a, const Ready& b) { return a.order < b.order; });
  for (const Ready& one : ready) {
    rows_->put(std::nullopt, -1, one.record, one.row->own, one.footprint);
    if (one.replaces) replaced_.insert(*one.replaces);
  }
  if (!ready.empty()) holdings_changed(database_);
  return rejected;
}

// The number of the data set that the row replaces, if there is one that it may.
std::optional<std::int64_t> Recorder::place_for(const ObsCore& record) {
  if (const std::string defect = defect_of(record); !defect.empty())
    throw Failure(FailureKind::usage, defect);
  const std::string& did = record.obs_publisher_did;
  Statement row = database_.prepare(
      "SELECT dataset.id, file.path FROM dataset LEFT JOIN file ON file.id = dataset.file "
      "WHERE obs_publisher_did = ?1 COLLATE NOCASE");
  row.bind(1, std::string_view(did));
  if (!row.step()) return std::nullopt;
  if (!row.is_null(1)) refuse_identifier(did, row.text(1));
  const std::int64_t id = row.integer(0);
  if (id > last_before_ || replaced_.contains(id)) refuse_repeated(did);
  return id;
}

bool Recorder::retract(std::string_view did) {
  std::int64_t id = 0;
  {
    Statement row =
        database_.prepare("SELECT id FROM dataset WHERE obs_publisher_did = ?1 COLLATE NOCASE");
    row.bind(1, did);
    if (!row.step()) return false;
    id = row.integer(0);
  }
  delete_datasets(database_, "id = ?1", id);
  holdings_changed(database_);
  return true;
}

std::vector<KnownFile> files_below(Database& database, std::string_view root, std::string_view path,
                                   std::int64_t after, std::int64_t limit) {
  // '0' follows '/' in ASCII: all that begins with "path/" lies between the two.
  const std::string first = fmt::format("{}/", path);
  const std::string beyond = fmt::format("{}0", path);
  Statement row =
      database.prepare(fmt::format("SELECT {} FROM file WHERE root = ?1 AND (?2 = '' OR path = ?2 "
                                   "OR (path >= ?3 AND path < ?4)) AND id > ?5 "
                                   "ORDER BY id LIMIT ?6",
                                   known_columns));
  row.bind(1, root)
      .bind(2, path)
      .bind(3, std::string_view(first))
      .bind(4, std::string_view(beyond));
  row.bind(5, after).bind(6, limit);
  std::vector<KnownFile> files;
  while (row.step()) files.push_back(known_of(row));
  return files;
}

void list_datasets(Database& database, std::string_view collection,
                   const std::function<void(const ListedDataset&)>& each) {
  static const std::string sql = fmt::format(
      "SELECT hdu, root, path, "
      "(SELECT shape FROM hdu WHERE hdu.file = dataset.file AND hdu.number = dataset.hdu), {} "
      "FROM dataset LEFT JOIN file ON file.id = dataset.file "
      "WHERE ?1 = '' OR obs_collection = ?1 ORDER BY obs_publisher_did COLLATE NOCASE",
      obscore_list());
  Statement row = database.prepare(sql);
  row.bind(1, collection);
  while (row.step()) {
    ListedDataset dataset;
    dataset.hdu = static_cast<int>(row.integer(0));
    dataset.root = row.text(1);
    dataset.path = row.text(2);
    dataset.shape = list_of(row.text(3));
    dataset.obscore = obscore_of(row, 4);
    each(dataset);
  }
}

std::int64_t count_datasets(Database& database) {
  Statement row = database.prepare("SELECT count(*) FROM dataset");
  row.step();
  return row.integer(0);
}

}  // namespace soda::store
