// The one writer of the holdings: files with their HDUs and data sets go in and out whole.
//
// Calls that change something are made within Database::transaction; the caller chooses how many
// share one. A data set whose identifier was there before keeps its id.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle.h"
#include "store/columns.h"
#include "store/database.h"
#include "store/holdings.h"
#include "store/id_set.h"
#include "store/relations.h"

namespace soda::store {

// What the data base says of a file, without its contents.
struct KnownFile {
  FileRecord file;
  std::string collection;
  std::string problem;  // why the file could only be read in part; empty: all is well
  std::string did;      // of the whole file
};

// Values of the archive's own columns are in the order of Recorder::own(); what is beyond their end
// is NULL.
struct NewDataset {
  ObsCore obscore;
  int hdu = 0;
  std::vector<Value> own;
};

// A data set that is known from a catalogue only.
struct CatalogueRow {
  ObsCore obscore;
  std::vector<Value> own;
};
struct Rejected {
  std::size_t row;     // index in what was given
  std::string reason;  // a sentence without its full stop
};

struct FileContents {
  FileRecord file;  // its id is ignored: root and path say which file it is
  std::string collection;
  std::string did;  // of the whole file
  std::string problem;
  std::vector<HduRecord> hdus;
  std::vector<NewDataset> datasets;
  std::vector<Relation> companions, relations;  // by Author::companions and Author::headers
};

class DatasetRows;

class Recorder {
 public:
  // Takes the right to ingest (Database::claim) and declares the archive's own columns
  // (declare_columns). The Database must outlive it; not to be made within a transaction.
  explicit Recorder(Database& database, const std::vector<Column>& own = {});
  ~Recorder();
  // All of the archive's own columns, those declared by earlier writers included.
  const std::vector<Column>& own() const noexcept { return own_; }

  std::optional<KnownFile> known(std::string_view root, std::string_view path);
  // Adds or replaces. Throws Failure(usage), having changed nothing, when an identifier belongs to
  // another file already (identifiers are compared ignoring ASCII case, paths are not).
  void put(const FileContents& contents);
  void remove(std::int64_t file);
  // What access_format says of data sets with a file and without an access_url of their own. When
  // that is another than at the last call, all are rewritten.
  void set_access(Access access);
  // Adds or replaces rows without a file, sorted along the sky: the more at a time the better (ten
  // thousand are a good batch). A row that cannot be taken is left out and reported: what
  // `defect_of` finds, an s_region that is not understood, an identifier that belongs to a file or
  // that a row had which this Recorder has taken before.
  std::vector<Rejected> import_rows(std::span<const CatalogueRow> rows);
  // Takes one data set out, whether it has a file or not; false when there is none (compared
  // ignoring ASCII case). That of a file comes back when the file changes and is ingested again.
  bool retract(std::string_view did);

 private:
  void refuse_taken_identifiers(std::int64_t file, const FileContents& contents);
  std::int64_t put_file(const FileContents& contents);
  std::optional<std::int64_t> place_for(const ObsCore& record);
  void doubt_datasets(std::int64_t file);
  void drop_doubtful(std::int64_t file);
  void forget_relations(std::string_view did);

  Database& database_;
  FileDescriptor claim_;
  std::vector<Column> own_;
  std::unique_ptr<DatasetRows> rows_;
  // What import_rows has taken: the data sets above `last_before_`, which are new, and these.
  std::int64_t last_before_ = 0;
  IdSet replaced_;
};

// Known files at or below `path` ("" = the whole root) in order of id: at most `limit`, those with
// an id above `after`.
std::vector<KnownFile> files_below(Database& database, std::string_view root, std::string_view path,
                                   std::int64_t after, std::int64_t limit);
// One line of a list of data sets, in order of identifier.
struct ListedDataset {
  ObsCore obscore;
  std::string root, path;  // of its file; empty when it has none
  int hdu = 0;
  std::vector<std::int64_t> shape;
};
// All data sets of a collection (empty: of all), handed over one by one.
void list_datasets(Database& database, std::string_view collection,
                   const std::function<void(const ListedDataset&)>& each);
std::int64_t count_datasets(Database& database);

}  // namespace soda::store
