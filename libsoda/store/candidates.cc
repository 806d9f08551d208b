#include "store/candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <span>

#include "base/failure.h"
#include "store/functions.h"
#include "store/indexed.h"

namespace soda::store {
namespace {

// Squares of chords, summed over all regions: up to the first (a radius of 2 degrees) the sky is
// asked without trial; up to the second (12 degrees) unless another index leads to very few rows,
// because a trial of the tree would cost as much as the answer.
constexpr double small_sky = 1.2e-3, medium_sky = 4.4e-2;
// More regions than this are always looked up in the tree, where each finds its own rows.
constexpr std::size_t many_probes = 8;
constexpr std::size_t first_trial = 64, last_trial = 32768;

const std::map<std::string, std::string, std::less<>>& statements() {
  static const std::map<std::string, std::string, std::less<>> table = [] {
    constexpr std::string_view box = "id, x0, x1, y0, y1, z0, z1";
    std::map<std::string, std::string, std::less<>> made;
    made["all"] = "SELECT id FROM dataset ORDER BY id";
    made["obs_publisher_did"] =
        "SELECT id FROM dataset INDEXED BY dataset_did WHERE obs_publisher_did = ?1 COLLATE NOCASE";
    made["sky3"] = fmt::format("SELECT {} FROM sky3 WHERE id MATCH soda_near(?1)", box);
    made["sky5"] = fmt::format("SELECT {} FROM sky5 WHERE id MATCH soda_near(?1, ?2, ?3)", box);
    for (const std::string_view kind : {"t", "em"}) {
      made[fmt::format("{}_class", kind)] = fmt::format(
          "SELECT id FROM dataset INDEXED BY dataset_{0}_class WHERE {0}_class = ?1 AND "
          "{0}_min BETWEEN ?2 AND ?3",
          kind);
      made[fmt::format("next {}_class", kind)] = fmt::format(
          "SELECT min({0}_class) FROM dataset INDEXED BY dataset_{0}_class WHERE {0}_class > ?1",
          kind);
    }
    for (const std::string_view column : indexed_columns) {
      made[std::string(column)] =
          fmt::format("SELECT id FROM dataset INDEXED BY dataset_{0} WHERE {0} = ?1", column);
      made[fmt::format("next {}", column)] =
          fmt::format("SELECT min({0}) FROM dataset INDEXED BY dataset_{0} WHERE {0} > ?1", column);
    }
    for (const auto& criterion : number_criteria) {
      made.erase(fmt::format("next {}", criterion.column));
      made[std::string(criterion.column)] =
          fmt::format("SELECT id FROM dataset INDEXED BY dataset_{0} WHERE {0} BETWEEN ?1 AND ?2",
                      criterion.column);
    }
    return made;
  }();
  return table;
}

Path path_of(std::string_view name) {
  Path path;
  path.name = name;
  path.sql = &statements().find(name)->second;
  return path;
}

Path text_path(std::string_view column, std::vector<std::string> values) {
  Path path = path_of(column);
  path.scans = values.size();
  path.bind = [values = std::move(values)](Statement& row, std::size_t scan) {
    row.bind(1, std::string_view(values[scan]));
  };
  path.exact = true;
  return path;
}

Path number_path(std::string_view column, const std::vector<Limits>& list) {
  Path path = path_of(column);
  path.scans = list.size();
  path.bind = [&list](Statement& row, std::size_t scan) {
    row.bind(1, list[scan].lo).bind(2, list[scan].hi);
  };
  path.exact = true;
  return path;
}

std::vector<std::int64_t> classes_there(Database& database, std::string_view name) {
  std::vector<std::int64_t> classes;
  std::int64_t last = std::numeric_limits<std::int64_t>::min();
  while (true) {
    Statement row = database.prepare(statements().find(name)->second);
    row.bind(1, last);
    if (!row.step() || row.is_null(0)) return classes;
    last = row.integer(0);
    classes.push_back(last);
  }
}

Path interval_path(Database& database, std::string_view name, std::string_view next,
                   const std::vector<Limits>& list) {
  Path path = path_of(name);
  const std::vector<std::int64_t> classes = classes_there(database, next);
  path.scans = list.size() * classes.size();
  path.repeats = list.size() > 1;
  path.bind = [&list, classes](Statement& row, std::size_t scan) {
    const std::int64_t of = classes[scan % classes.size()];
    const Limits& limits = list[scan / classes.size()];
    // Rounding of lo - width must not lose a row.
    const double from =
        std::nextafter(limits.lo - class_width(of), -std::numeric_limits<double>::infinity());
    row.bind(1, of).bind(2, from).bind(3, limits.hi);
  };
  return path;
}

Path sky_path(const Criteria& criteria) {
  const bool five = !criteria.times().empty() || !criteria.bands().empty();
  Path path = path_of(five ? "sky5" : "sky3");
  path.of_sky = true;
  path.scans = criteria.probes().size();
  path.repeats = path.scans > 1;
  std::vector<double> spans;
  for (const Limits& time : criteria.times())
    spans.insert(spans.end(), {time_coordinate(time.lo), time_coordinate(time.hi)});
  for (const Limits& band : criteria.bands())
    spans.insert(spans.end(), {wavelength_coordinate(band.lo), wavelength_coordinate(band.hi)});
  path.bind = [&criteria, five, blob = native_blob(spans)](Statement& row, std::size_t scan) {
    row.bind_blob(1, native_blob(criteria.probes()[scan].envelope()));
    if (five) row.bind_blob(2, blob).bind(3, static_cast<std::int64_t>(criteria.times().size()));
  };
  return path;
}

std::vector<std::string> with_states(Database& database, const std::vector<std::string>& states) {
  std::vector<std::string> values =
      values_of(database, "pol_states", std::numeric_limits<std::size_t>::max());
  std::erase_if(values, [&](const std::string& value) { return !has_state(value, states); });
  return values;
}

std::vector<Path> paths_of(Database& database, const Criteria& criteria) {
  const Question& question = criteria.question();
  std::vector<Path> paths;
  if (!criteria.probes().empty()) paths.push_back(sky_path(criteria));
  if (!criteria.times().empty())
    paths.push_back(interval_path(database, "t_class", "next t_class", criteria.times()));
  if (!criteria.bands().empty())
    paths.push_back(interval_path(database, "em_class", "next em_class", criteria.bands()));
  for (const auto& criterion : text_criteria) {
    if (const auto& list = question.*criterion.member; !list.empty())
      paths.push_back(text_path(criterion.column, list));
  }
  for (const auto& criterion : number_criteria) {
    if (const auto& list = question.*criterion.member; !list.empty())
      paths.push_back(number_path(criterion.column, list));
  }
  if (!question.calib_level.empty()) {
    Path path = path_of("calib_level");
    path.scans = question.calib_level.size();
    path.bind = [&question](Statement& row, std::size_t scan) {
      row.bind(1, question.calib_level[scan]);
    };
    path.exact = true;
    paths.push_back(std::move(path));
  }
  if (!question.pol_states.empty())
    paths.push_back(text_path("pol_states", with_states(database, question.pol_states)));
  return paths;
}

// How many rows a path leads to, counted up to `most`; the more scans it needs the more it counts.
std::size_t count(Database& database, const Path& path, std::size_t most) {
  std::size_t found = 0;
  // Scans cost as well, whether they find anything or not.
  for (std::size_t scan = 0; scan < path.scans && found + scan < most; ++scan) {
    Statement row = database.prepare(*path.sql);
    path.bind(row, scan);
    while (found + scan < most && row.step()) ++found;
  }
  return std::min(found + path.scans, most);
}

// The path that leads to the fewest rows, if that is less than `most`.
const Path* of_fewer(Database& database, std::span<const Path> paths, std::size_t most) {
  const Path* best = nullptr;
  for (const Path& path : paths) {
    const std::size_t found = count(database, path, most);
    if (found >= most) continue;
    most = found;
    best = &path;
  }
  return best;
}

}  // namespace

Path best_path(Database& database, const Criteria& criteria) {
  if (!criteria.question().obs_publisher_did.empty())
    return text_path("obs_publisher_did", criteria.question().obs_publisher_did);
  const auto& probes = criteria.probes();
  double sky = 0;
  for (const sky::Probe& probe : probes) sky += probe.envelope()[3];
  if (!probes.empty() && (sky < small_sky || probes.size() > many_probes))
    return sky_path(criteria);
  const std::vector<Path> paths = paths_of(database, criteria);
  if (paths.empty()) return path_of("all");
  const bool medium = !probes.empty() && sky < medium_sky;
  // The sky comes first.
  const std::span<const Path> tried = std::span(paths).subspan(medium ? 1 : 0);
  const std::size_t last = medium ? first_trial : last_trial;
  for (std::size_t most = first_trial; paths.size() > 1 && most <= last; most *= 8) {
    if (const Path* best = of_fewer(database, tried, most)) return *best;
  }
  return paths.front();
}

std::vector<std::string> values_of(Database& database, std::string_view column, std::size_t limit) {
  const auto found = statements().find(fmt::format("next {}", column));
  if (found == statements().end())
    throw Failure(FailureKind::internal, fmt::format("The column {} has no index.", column));
  const bool whole_numbers = column == "calib_level";
  std::vector<std::string> values;
  std::string last;  // below every text
  std::int64_t last_number = std::numeric_limits<std::int64_t>::min();
  while (values.size() < limit) {
    Statement row = database.prepare(found->second);
    whole_numbers ? row.bind(1, last_number) : row.bind(1, std::string_view(last));
    if (!row.step() || row.is_null(0)) break;
    last = row.text(0);
    if (whole_numbers) last_number = row.integer(0);
    values.push_back(last);
  }
  return values;
}

std::vector<NamedStatement> search_statements() {
  std::vector<NamedStatement> list;
  for (const auto& [name, sql] : statements()) list.push_back({name, sql});
  return list;
}

}  // namespace soda::store
