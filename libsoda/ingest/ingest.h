// FITS files on disk -> holdings and ObsCore rows. Reads headers only, never pixels.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "site/config.h"
#include "store/database.h"

namespace soda::ingest {

struct Options {
  // Empty: known files stay in theirs, new ones go to "default". A known file of another collection
  // moves to the one named (its identifiers change).
  std::string collection;
  std::vector<std::string> paths;  // files or folders below one of the data roots
  std::int64_t batch = 1000;       // files a transaction
};

struct Unreadable {
  std::string path, reason;
};
struct Report {
  std::int64_t added = 0, changed = 0, unchanged = 0, vanished = 0;
  std::int64_t datasets = 0;           // of the files added or changed
  std::int64_t other = 0;              // files that are not called FITS
  std::vector<Unreadable> unreadable;  // in whole or in part
};

struct Progress {
  std::int64_t done = 0, total = 0;
  std::string path;
};

// Walks, compares with the store by size, mtime and inode, reads what is new or changed, and
// forgets files below the given paths that are no longer there (their data sets are removed). Each
// batch is one transaction: a killed run loses at most one, the next carries on. One unreadable
// file never stops the others; what was known of it stays until it can be read again or is gone.
//
// Throws Failure(usage): a path outside the data roots (named), a path or data root that is not
// there, a data root that is empty although the store knows files below it (a disk not mounted), a
// collection name or setting that cannot be used. Failure(unavailable): another ingest is at work,
// the data base cannot be written.
Report ingest(const site::Config& config, store::Database& database, const Options& options,
              const std::function<void(const Progress&)>& progress);

// Looks at every known file: is it there, and the one that was ingested? What is not as it should
// be.
std::vector<Unreadable> audit(const site::Config& config, store::Database& database);

}  // namespace soda::ingest
