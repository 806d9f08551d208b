// The SQL functions that translated ADQL calls. Private to the room but for their names, which room
// tap writes into statements. NULL in any argument gives NULL unless said otherwise; a value that a
// function refuses ends the statement with a sentence for the client (Failure(usage)).
//
// GEOMETRY: a value of type point, circle, polygon or region is a blob: either what the makers
// below give, which keep the very degrees they were made of, or the footprint of `dataset.shape`
// or of a TableForm's `shape`, usable as it is. All relations are exact on the sphere; boundaries
// count; what is nearer than 1e-15 rad touches. Constants (literals, bound parameters, makers of
// constants) are prepared once for a statement.
//   adql_point(lon, lat)  adql_circle(lon, lat, r)  adql_circle(point, r)
//   adql_box(lon, lat, w, h)  adql_box(point, w, h)
//   adql_polygon(lon1, lat1, lon2, lat2, lon3, lat3 …)   at most 127 arguments (SQLite): for more
//                         than 63 vertices bind DALI text to adql_region
//   adql_polygon(point1, point2, point3 …)
//   adql_region(text)     STC-S (Position, Circle, Box, Polygon, Union) or DALI ("lon lat",
//                         "lon lat r", "lon1 lat1 lon2 lat2 lon3 lat3 …"); a blob stays as it is
//   adql_contains(a, b) -> 1: a lies wholly in b, 0: not      adql_intersects(a, b) -> 1, 0
//   adql_point_in_circle(lon, lat, clon, clat, r)  adql_point_in(lon, lat, b)   the same, quicker
//   adql_distance(lon1, lat1, lon2, lat2)  adql_distance(point, point) -> degrees
//   adql_area(g) -> square degrees   adql_centroid(g) -> point
//   adql_coord1(p)  adql_coord2(p)  adql_coordsys(g) -> 'ICRS'
//   adql_dali(g) -> text of point, circle, polygon; NULL for a union    adql_stcs(g) -> text
//
// INDEX: `id MATCH adql_near(g)` or `id MATCH adql_near(lon, lat, r)` on an R*Tree (sky3, a
// TableForm's rtree) finds the rows whose box may hold a point of g, or of the circle (r may be 0):
//   WHERE o."id" IN (SELECT "id" FROM main."sky3" WHERE "id" MATCH adql_near(?1, ?2, ?3)) AND
//   <exact>
// The arguments may be columns of a table on the left in the join: then it runs one descent for
// each of its rows. For an upload t joined to ObsCore o write
//   FROM <t> AS t CROSS JOIN main."sky3" AS s CROSS JOIN <o> AS o
//   WHERE s."id" MATCH adql_near(t."c1", t."c2", 0.01) AND o."id" = s."id" AND <exact>
// (CROSS JOIN fixes SQLite's order of loops; the tree of the archive is the one to use, that of the
// upload is built only when it is named). NULL, or what is no place, finds nothing.
//
// NUMBERS (ADQL 2.1 section 4.3; what has no value is NULL: LOG(0), SQRT(-1), MOD(x, 0)):
//   adql_acos adql_asin adql_ceiling adql_cot adql_exp adql_floor adql_log adql_log10 adql_sqrt
//   adql_mod(x, y) sign of x; adql_bitxor(i, j); adql_power adql_round(x[, n]) adql_truncate(x[,
//   n]); adql_rand() SQLite's own: abs acos asin atan atan2 cos sin tan degrees radians pi
// TEXT:
//   adql_like(text, pattern)  adql_ilike(text, pattern) -> 1, 0; ilike folds ASCII letters
//   adql_percent_encode(text)  for a component of a URI (base/text.h)
//   adql_lower adql_upper     (% and _ only, no escape; a byte-wise prefix can use an index:
//                             write  c >= 'abc' AND c < 'abd' AND adql_like(c, …))
// CAST: adql_cast_smallint adql_cast_integer adql_cast_bigint adql_cast_real adql_cast_double
//   adql_cast_char(x, n) adql_cast_varchar(x, n) (n: longest, 0: any) adql_cast_timestamp
//   from number or text; text that is no such value and overflow are refused; to whole numbers by
//   rounding to the nearest, halves away from 0. adql_cast_point adql_cast_circle
//   adql_cast_polygon from DALI text.
// UDF (catalogue of UDFs 1.2): ivo_hasword ivo_hashlist_has ivo_nocasematch ivo_string_agg(x, d)
//   ivo_healpix_index(order, lon, lat)  ivo_healpix_index(order, point)  ivo_healpix_center(order,
//   index) -> point  ivo_interval_overlaps(a1, b1, a2, b2)  ivo_to_jd(t) ivo_to_mjd(t)
//
// Of SQLite's own besides: avg count max min sum total coalesce ifnull iif nullif length substr
// random row_number, and the table json_each(list), for long lists of constants.
#pragma once

#include <sqlite3.h>

#include <string_view>

namespace soda::store {

// Registers all of them with a connection. Throws Failure when SQLite refuses.
void register_adql_functions(sqlite3* connection);

// Whether a statement from outside may call it.
bool is_adql_function(std::string_view name) noexcept;

}  // namespace soda::store
