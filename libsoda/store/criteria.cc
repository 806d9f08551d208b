#include "store/criteria.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "base/text.h"
#include "store/indexed.h"

namespace soda::store {
namespace {

// Columns of the statement; the rest follow in the order of the tables.
enum Place : int { shape, t_min, t_max, em_min, em_max, pol_states, calib_level, did, tables };

template <class T>
void sort_unique(std::vector<T>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

// United where they touch, in order.
void unite(std::vector<Limits>& list) {
  std::erase_if(list, [](const Limits& each) { return !(each.lo <= each.hi); });
  std::sort(list.begin(), list.end(), [](const Limits& a, const Limits& b) { return a.lo < b.lo; });
  std::vector<Limits> united;
  for (const Limits& each : list) {
    if (united.empty() || united.back().hi < each.lo) {
      united.push_back(each);
    } else {
      united.back().hi = std::max(united.back().hi, each.hi);
    }
  }
  list = std::move(united);
}

bool overlaps_column(const std::vector<Limits>& list, const Statement& row, int lo, int hi) {
  if (list.empty()) return true;
  return !row.is_null(lo) && !row.is_null(hi) && overlaps_any(list, row.real(lo), row.real(hi));
}

bool holds(const std::vector<std::string>& sorted, std::string_view text) {
  return std::binary_search(sorted.begin(), sorted.end(), text, std::less<>());
}

// All that makes a region different from another.
std::string key_of(const sky::Region& region) {
  struct Numbers {
    std::string operator()(const sky::Circle& circle) const {
      const sky::Direction& c = circle.centre();
      return "C" + key({c.x(), c.y(), c.z(), circle.radius().radians()});
    }
    std::string operator()(const sky::Range& range) const {
      return "R" + key({range.lon_lo().radians(), range.lon_width().radians(),
                        range.lat_lo().radians(), range.lat_hi().radians()});
    }
    std::string operator()(const sky::Polygon& polygon) const {
      std::string text = "P";
      for (const sky::Direction& vertex : polygon.vertices())
        text += key({vertex.x(), vertex.y(), vertex.z()});
      return text;
    }
    static std::string key(std::initializer_list<double> numbers) {
      std::string text;
      for (const double number : numbers) text += to_text(number) + ' ';
      return text;
    }
  };
  return std::visit(Numbers{}, region);
}

template <class Interval, class End>
std::vector<Limits> limits_of(const std::vector<Interval>& intervals, End end) {
  std::vector<Limits> list;
  for (const Interval& interval : intervals) list.push_back({end(interval.lo), end(interval.hi)});
  return list;
}

}  // namespace

bool has_state(std::string_view states, const std::vector<std::string>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& state) {
    return states.find("/" + state + "/") != std::string_view::npos;
  });
}

template <class List, class Tidy>
void Criteria::prepare(List& list, Tidy tidy) {
  if (list.empty()) return;
  ++count_;
  tidy(list);
  if (list.empty()) hopeless_ = true;
}

Criteria::Criteria(Question question) : question_(std::move(question)) {
  times_ = limits_of(question_.times, [](sky::Mjd mjd) { return mjd.days; });
  bands_ = limits_of(question_.bands, [](sky::Wavelength wave) { return wave.metres; });
  prepare(times_, unite);
  prepare(bands_, unite);
  for (const auto& criterion : number_criteria) prepare(question_.*criterion.member, unite);
  for (const auto& criterion : text_criteria) {
    prepare(question_.*criterion.member, [](auto& list) {
      std::erase(list, std::string());  // the empty text is NULL in the data base
      sort_unique(list);
    });
  }
  prepare(question_.calib_level, sort_unique<std::int64_t>);
  prepare(question_.obs_publisher_did, [](auto& list) {
    for (std::string& each : list) each = to_lower(each);
    sort_unique(list);
  });
  prepare(question_.pol_states, [](auto& list) {
    std::erase_if(list, [](const std::string& state) {
      return state.empty() || state.find('/') != std::string::npos;
    });
    sort_unique(list);
  });
  prepare_positions();
}

void Criteria::prepare_positions() {
  if (question_.positions.empty()) return;
  ++count_;
  std::set<std::string> seen;
  for (const sky::Region& region : question_.positions) {
    if (seen.insert(key_of(region)).second) probes_.emplace_back(region);
  }
}

const std::string& Criteria::statement() const {
  // Each column that is named is read, whether it is looked at or not.
  static const std::string of_sky = "SELECT shape FROM dataset WHERE id = ?1";
  static const std::string of_all = [] {
    std::string text =
        "SELECT shape, t_min, t_max, em_min, em_max, pol_states, calib_level, obs_publisher_did";
    for (const auto& criterion : number_criteria) text.append(", ").append(criterion.column);
    for (const auto& criterion : text_criteria) text.append(", ").append(criterion.column);
    return text + " FROM dataset WHERE id = ?1";
  }();
  return count_ == 1 && !probes_.empty() ? of_sky : of_all;
}

bool Criteria::satisfied_by(const Statement& row) const {
  if (!overlaps_column(times_, row, t_min, t_max)) return false;
  if (!overlaps_column(bands_, row, em_min, em_max)) return false;
  int column = tables;
  for (const auto& criterion : number_criteria) {
    const std::vector<Limits>& list = question_.*criterion.member;
    const int at = column++;
    if (list.empty()) continue;
    if (row.is_null(at) || !overlaps_any(list, row.real(at), row.real(at))) return false;
  }
  for (const auto& criterion : text_criteria) {
    const std::vector<std::string>& list = question_.*criterion.member;
    const int at = column++;
    if (!list.empty() && !holds(list, row.text(at))) return false;
  }
  const Question& q = question_;
  if (!q.calib_level.empty() &&
      !std::binary_search(q.calib_level.begin(), q.calib_level.end(), row.integer(calib_level)))
    return false;
  if (!q.obs_publisher_did.empty() && !holds(q.obs_publisher_did, to_lower(row.text(did))))
    return false;
  return q.pol_states.empty() || has_state(row.text(pol_states), q.pol_states);
}

bool Criteria::met_by(const sky::Probe& probe, const Statement& row) {
  return probe.meets(row.blob(shape));
}

bool Criteria::met_by_any_probe(const Statement& row) const {
  return probes_.empty() || std::any_of(probes_.begin(), probes_.end(),
                                        [&](const auto& probe) { return met_by(probe, row); });
}

}  // namespace soda::store
