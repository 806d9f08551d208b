#include <cmath>
#include <vector>

#include "sky/geometry.h"
#include "sky/probe.h"
#include "store/functions.h"
#include "store/sql_call.h"

namespace soda::store {
namespace {

// What is looked for, once for each descent; empty: nothing.
using Envelope = std::vector<double>;

bool any_null(const sqlite3_rtree_query_info& info) {
  for (int i = 0; i < info.nParam; ++i) {
    if (sqlite3_value_type(info.apSqlParam[i]) == SQLITE_NULL) return true;
  }
  return info.nParam != 1 && info.nParam != 3;
}

// The circle of a point that no sky has is refused by the exact test, where there is one.
Envelope circle_envelope(double lon, double lat, double radius) {
  if (!std::isfinite(lon) || !(std::fabs(lat) <= 90) || !(radius >= 0)) return {};
  sky::Shape circle;
  circle.add(
      sky::Direction::from_lon_lat(sky::Angle::from_degrees(lon), sky::Angle::from_degrees(lat)),
      sky::Angle::from_degrees(std::min(radius, 180.0)));
  return circle.envelope();
}

Envelope envelope_of(const sqlite3_rtree_query_info& info) {
  if (any_null(info)) return {};
  if (info.nParam == 3) return circle_envelope(info.aParam[0], info.aParam[1], info.aParam[2]);
  Call call(nullptr, 1, info.apSqlParam);
  const bool text = call.type(0) == SQLITE_TEXT;
  if (!text && call.type(0) != SQLITE_BLOB) return {};
  return (text ? sky::shape_of(sky::geometry_from_text(call.text(0))) : sky::shape_of(call.blob(0)))
      .envelope();
}

int near(sqlite3_rtree_query_info* info) {
  if (info->pUser == nullptr) {
    try {
      info->pUser = new Envelope(envelope_of(*info));
    } catch (const Failure&) {
      // The exact test, which must stand beside, says what is wrong; SQLite has no way to here.
      info->pUser = new (std::nothrow) Envelope();
    } catch (const std::bad_alloc&) {
      return SQLITE_NOMEM;
    }
    if (info->pUser == nullptr) return SQLITE_NOMEM;
    info->xDelUser = [](void* envelope) { delete static_cast<Envelope*>(envelope); };
  }
  const auto& envelope = *static_cast<const Envelope*>(info->pUser);
  const double* c = info->aCoord;
  info->rScore = info->iLevel;  // depth first: few nodes in the queue
  info->eWithin =
      envelope.empty()
          ? NOT_WITHIN
          : within_of(sky::relate(sky::Box{{c[0], c[2], c[4]}, {c[1], c[3], c[5]}}, envelope));
  return SQLITE_OK;
}

}  // namespace

void register_near(sqlite3* connection) {
  sqlite3_rtree_query_callback(connection, "adql_near", near, nullptr, nullptr);
}

}  // namespace soda::store
