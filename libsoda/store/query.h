// A question to the archive and its answer, row by row: what SIA asks, and whoever else searches.
//
// The answer is exact: every data set that satisfies the question and none that does not, by the
// true footprint on the sphere (sky/probe.h), whatever index found it. An index is used for every
// question that asks for anything; nothing is sorted as a whole, so rows come about as the index
// that answers best has them: in the same order for the same question as long as the archive is the
// same, and no other order is promised. Without any condition rows come in order of their number.
//
// One answer reads one state of the archive, from its first row to its last: what is ingested
// meanwhile is not in it. Memory is bounded: one row, and one bit for each data set of the archive
// when several regions or several intervals of time or wavelength are asked for.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/table.h"
#include "sky/interval.h"
#include "sky/region.h"
#include "store/database.h"

namespace soda::store {

// Closed; infinite ends are open. NaN, or lo > hi, holds nothing.
struct Limits {
  double lo = -std::numeric_limits<double>::infinity();
  double hi = std::numeric_limits<double>::infinity();
};

// Values of one list are alternatives, an empty list asks for nothing; all lists must be satisfied.
// A NULL satisfies no list (SIA 2.0 section 2.1).
struct Question {
  std::vector<sky::Region> positions;  // s_region has a point in common with one
  std::vector<sky::Band> bands;        // em_min … em_max overlaps one
  std::vector<sky::TimeSpan> times;    // t_min … t_max overlaps one
  // One of the intervals holds the value:
  std::vector<Limits> s_fov;         // degrees
  std::vector<Limits> s_resolution;  // arcsec
  std::vector<Limits> em_res_power;
  std::vector<Limits> t_exptime;     // seconds
  std::vector<Limits> t_resolution;  // seconds
  std::vector<std::int64_t> calib_level;
  // Equal to one of the values, letter by letter:
  std::vector<std::string> obs_collection, facility_name, instrument_name, dataproduct_type,
      target_name, access_format, obs_id;
  std::vector<std::string> obs_publisher_did;  // equal, ignoring ASCII case
  std::vector<std::string> pol_states;         // single states, "I", "YX"; one of them is there
  // Rows that are handed over at most.
  std::optional<std::int64_t> limit;
};

class Answer {
 public:
  Answer(Answer&&) noexcept;
  ~Answer();
  // False at the end, or when `limit` rows have been handed over.
  bool next();
  // The columns of the present row in the order asked for; valid until the next call.
  std::span<const Cell> row() const noexcept;
  // The present row's number in the archive.
  std::int64_t id() const noexcept;
  // Whether the present row's data set has a file in the archive; not known when no column was
  // asked for.
  bool has_file() const noexcept;
  // After the end: whether there is at least one row more than the limit.
  bool overflowed() const noexcept;
  // The index that answers, for logs and tests: the name of a column, "sky3", "sky5", or "all".
  std::string_view path() const noexcept;

  struct Impl;

 private:
  friend Answer answer(Database&, Question, const std::vector<std::string>&);
  explicit Answer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Begins to answer. `columns` are names out of all_columns(); others are Failure(internal). While
// an Answer lives the Database takes no transaction, and it must outlive the Answer; another answer
// may begin meanwhile.
Answer answer(Database& database, Question question, const std::vector<std::string>& columns);

// The different values of a text column that has an index (or of calib_level, as text), in order,
// at most `limit`: for lists of what may be asked. Costs as many steps as there are values. Throws
// Failure(internal) for another column.
std::vector<std::string> distinct_values(Database& database, std::string_view column,
                                         std::size_t limit);

// Every statement that can find candidates, with its name: for the test that none of them reads the
// whole archive.
struct NamedStatement {
  std::string name, sql;
};
std::vector<NamedStatement> search_statements();

}  // namespace soda::store
