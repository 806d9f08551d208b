// Files that may be FITS, below folders.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ingest/ingest.h"
#include "ingest/roots.h"

namespace soda::ingest {

struct Candidate {
  std::string path;     // absolute, without symbolic links
  bool by_name = true;  // false: ".gz" alone, FITS or not is for the content to say
};

struct Walk {
  std::vector<Candidate> candidates;  // sorted by path, each once
  std::int64_t other = 0;             // files of other kinds
  std::vector<Unreadable>
      unreadable;  // folders that cannot be read, links that lead nowhere or out of the data roots
};

// `start`: a folder or a file, without symbolic links; a file is a candidate whatever its name.
// Links within are followed as long as they stay below a data root; each folder is entered once.
void walk(const std::string& start, const Roots& roots, Walk& into);
// Sorts and drops repetitions, once all folders have been walked.
void tidy(Walk& walk);

}  // namespace soda::ingest
