// The one writer of the holdings: files with their HDUs and data sets go in and out whole.
//
// Calls that change something are made within Database::transaction; the caller chooses how many
// share one. A data set whose identifier was there before keeps its id.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle.h"
#include "store/database.h"
#include "store/holdings.h"

namespace soda::store {

// What the data base says of a file, without its contents.
struct KnownFile {
  FileRecord file;
  std::string collection;
  std::string problem;  // why the file could only be read in part; empty: all is well
};

struct NewDataset {
  ObsCore obscore;
  int hdu = 0;
};

struct FileContents {
  FileRecord file;  // its id is ignored: root and path say which file it is
  std::string collection;
  std::string did;  // of the whole file
  std::string problem;
  std::vector<HduRecord> hdus;
  std::vector<NewDataset> datasets;
};

class Recorder {
 public:
  // Takes the right to ingest (Database::claim). The Database must outlive it.
  explicit Recorder(Database& database);

  std::optional<KnownFile> known(std::string_view root, std::string_view path);
  // Adds or replaces. Throws Failure(usage), having changed nothing, when an identifier belongs to
  // another file already (identifiers are compared ignoring ASCII case, paths are not).
  void put(const FileContents& contents);
  void remove(std::int64_t file);

 private:
  void refuse_taken_identifiers(std::int64_t file, const FileContents& contents);
  std::int64_t put_file(const FileContents& contents);
  void put_dataset(std::int64_t file, const NewDataset& dataset);
  void holdings_changed();

  Database& database_;
  FileDescriptor claim_;
};

// Known files at or below `path` ("" = the whole root) in order of id: at most `limit`, those with
// an id above `after`.
std::vector<KnownFile> files_below(Database& database, std::string_view root, std::string_view path,
                                   std::int64_t after, std::int64_t limit);
// One line of a list of data sets, in order of identifier.
struct ListedDataset {
  ObsCore obscore;
  std::string root, path;  // of its file
  int hdu = 0;
  std::vector<std::int64_t> shape;
};
// All data sets of a collection (empty: of all), handed over one by one.
void list_datasets(Database& database, std::string_view collection,
                   const std::function<void(const ListedDataset&)>& each);
std::int64_t count_datasets(Database& database);

}  // namespace soda::store
