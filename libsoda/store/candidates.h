// The ways to find the rows that may satisfy a question, each by one index. Private to the room.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "store/criteria.h"
#include "store/database.h"

namespace soda::store {

// One index and how to ask it: `scans` runs of a statement, whose first column is the row's number
// (then, of the trees, the box). What lives as long as the Criteria is referred to, not copied.
struct Path {
  std::string_view name;
  const std::string* sql = nullptr;
  std::size_t scans = 1;
  std::function<void(Statement&, std::size_t scan)> bind = [](Statement&, std::size_t) {};
  bool repeats = false;  // a row may come in more than one scan
  bool exact = false;    // what it finds satisfies the list that it is about
  bool of_sky = false;   // scan k finds what may meet probe k
};

// The best path for the criteria. Runs short trials of the indexes where it is not plain which one
// leads to the fewest rows.
Path best_path(Database& database, const Criteria& criteria);

// See query.h.
std::vector<std::string> values_of(Database& database, std::string_view column, std::size_t limit);

}  // namespace soda::store
