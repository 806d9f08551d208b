#include "store/functions.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "sky/probe.h"
#include "store/connection.h"
#include "store/indexed.h"

namespace soda::store {
namespace {

// Whether the spans are not asked for, or one of them overlaps [lo, hi]. The tree's floats are
// rounded outward, and so are these.
bool may_overlap(std::span<const Limits> spans, double lo, double hi) {
  constexpr double margin = 1e-9;
  return spans.empty() || overlaps_any(spans, lo - margin, hi + margin);
}

// The arguments of one use of soda_near.
struct Wanted {
  std::vector<double> envelope;
  std::vector<Limits> times, wavelengths;
};

std::vector<double> doubles_in(sqlite3_value* value) {
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
  std::vector<double> numbers(size / sizeof(double));
  if (!numbers.empty())
    std::memcpy(numbers.data(), sqlite3_value_blob(value), numbers.size() * sizeof(double));
  return numbers;
}

std::unique_ptr<Wanted> wanted_of(const sqlite3_rtree_query_info& info) {
  auto wanted = std::make_unique<Wanted>();
  wanted->envelope = doubles_in(info.apSqlParam[0]);
  if (info.nParam < 3) return wanted;
  const std::vector<double> spans = doubles_in(info.apSqlParam[1]);
  const auto times =
      static_cast<std::size_t>(std::max<sqlite3_int64>(sqlite3_value_int64(info.apSqlParam[2]), 0));
  for (std::size_t i = 0; i + 1 < spans.size(); i += 2)
    (i / 2 < times ? wanted->times : wanted->wavelengths).push_back({spans[i], spans[i + 1]});
  return wanted;
}

int near(sqlite3_rtree_query_info* info) {
  if (info->pUser == nullptr) {
    try {
      info->pUser = wanted_of(*info).release();
    } catch (const std::bad_alloc&) {
      return SQLITE_NOMEM;
    }
    info->xDelUser = [](void* wanted) { delete static_cast<Wanted*>(wanted); };
  }
  const Wanted& wanted = *static_cast<const Wanted*>(info->pUser);
  const double* c = info->aCoord;
  info->rScore = info->iLevel;  // depth first: few nodes in the queue
  info->eWithin =
      within_of(sky::relate(sky::Box{{c[0], c[2], c[4]}, {c[1], c[3], c[5]}}, wanted.envelope));
  if (info->eWithin != NOT_WITHIN && info->nCoord >= 10) {
    if (!may_overlap(wanted.times, c[6], c[7]) || !may_overlap(wanted.wavelengths, c[8], c[9])) {
      info->eWithin = NOT_WITHIN;
    } else if (!wanted.times.empty() || !wanted.wavelengths.empty()) {
      info->eWithin = PARTLY_WITHIN;  // a part of the box may lie outside the spans
    }
  }
  return SQLITE_OK;
}

}  // namespace

int within_of(sky::BoxRelation relation) noexcept {
  switch (relation) {
    case sky::BoxRelation::outside:
      return NOT_WITHIN;
    case sky::BoxRelation::partly:
      return PARTLY_WITHIN;
    case sky::BoxRelation::inside:
      return FULLY_WITHIN;
  }
  return PARTLY_WITHIN;
}

void register_functions(sqlite3* connection) {
  const int code = sqlite3_rtree_query_callback(connection, "soda_near", near, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

std::string native_blob(std::span<const double> values) {
  std::string blob(values.size() * sizeof(double), '\0');
  if (!values.empty()) std::memcpy(blob.data(), values.data(), blob.size());
  return blob;
}

}  // namespace soda::store
