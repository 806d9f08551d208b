// What the archive holds: data sets, their files, their HDUs, as ingest found them. Responders read
// it; nobody opens a file to learn what is here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "store/obscore.h"
#include "store/relations.h"

namespace soda::store {

struct FileRecord {
  std::int64_t id = 0;
  std::string root;  // name of the data root of the site (setting data_root), so that an archive
                     // can be moved
  std::string path;  // below that root, '/' separated, no ".." ever
  std::int64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::uint64_t inode = 0;
  bool gzipped = false;
};

// An array of another HDU that this HDU's world coordinates refer to (-TAB column,
// lookup-distortion image), read once by ingest.
struct AuxiliaryArray {
  std::string extname;
  std::int64_t extver = 1, extlevel = 1;
  std::string column;  // empty: the image of that HDU
  std::int64_t row = 1;
  std::vector<std::int64_t> shape;
  std::vector<double> values;
  std::string cards;
};

struct HduRecord {
  int index = 0;     // 0 = primary
  std::string kind;  // "image", "compressed_image", "table", "ascii_table", "other"
  std::string extname;
  std::int64_t extver = 1;
  int bitpix = 0;
  std::vector<std::int64_t> shape;
  std::int64_t header_offset = 0, data_offset = 0, data_length = 0;
  std::string compression;  // ZCMPTYPE, empty for plain
  std::vector<std::int64_t> tile;
  std::string cards;  // the header as stored, without END; of a compressed image too (Z keywords)
  int grid =
      -1;  // image HDUs with the same number share one pixel grid (SCI, ERR, DQ …); -1: no image
  std::vector<AuxiliaryArray> arrays;
  // Known from the WCS at ingest, so that a miss costs no file access:
  std::vector<double>
      outline;  // ICRS degrees lon, lat, lon, lat …; empty when not celestial or all-sky
  bool all_sky = false;
  std::optional<double> em_min, em_max, t_min, t_max;
  std::string pol_states;  // "/I/Q/" or empty
};

// One file's contents; several data sets of one file share it.
struct Holding {
  FileRecord file;
  std::vector<HduRecord> hdus;
  std::size_t memory() const noexcept;
};

struct Dataset {
  std::int64_t id = 0;
  ObsCore obscore;  // obs_publisher_did and all
  int hdu = 0;      // the image HDU that the data set is about; -1: the whole file, every image HDU
                    // (mosaic cameras)
  std::shared_ptr<const Holding> holding;
  // What is said of it and of its whole file, as far as it leads somewhere (living_relations).
  std::vector<Relation> relations;
};

// Finds data sets by identifier; keeps the most recently used in memory up to a budget, and forgets
// them when another process has committed to the data base (Database::data_version, asked
// once per call). The bare identifier of a file that holds several data sets (theirs end in #HDU)
// finds the whole file, hdu = -1. Not found: null. Compared ignoring ASCII case (IVOIDs: IVOA
// Identifiers 2.0 section 2.1). For the whole file the ObsCore record (id 0) holds what is common
// to its data sets, and the union of their intervals.
class Holdings {
 public:
  explicit Holdings(std::shared_ptr<Database> database,
                    std::size_t memory_budget = std::size_t{24} << 20);
  ~Holdings();
  std::shared_ptr<const Dataset> find(std::string_view publisher_did);
  // The same, but data sets that are known from a catalogue only are found too: their holding is
  // null, their hdu -1.
  std::shared_ptr<const Dataset> find_any(std::string_view publisher_did);
  // Why find or find_any found nothing, as a sentence for the client: there is no such identifier,
  // or its file holds nothing that is a data set.
  std::string why_absent(std::string_view publisher_did);
  // Whether there is no data set at all, with a file or without.
  bool empty();
  // The first `limit` data sets with a file, in the order in which their files came: for examples.
  // Costs no more in a larger archive.
  std::vector<std::shared_ptr<const Dataset>> first(std::size_t limit);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace soda::store
