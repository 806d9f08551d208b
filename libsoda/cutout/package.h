// The results of a job as one file. Of use inside this room only.
//
// tar and zip: cutout-1.fits …, and cutout-2.txt with the reason where there is no cut. multi-fits:
// cutout/extensions.h. fits-table: a binary table, a row for each cut that has pixels: number, id,
// ra, dec (of the middle of the shape, degrees ICRS), t_min, t_max (of the data set, MJD), image.
//
// All is copied in bounded memory. What the disk says is thrown as std::system_error.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "dali/work.h"

namespace soda::cutout {

// What a row of the table says of its cut; NaN is unknown.
struct TableRow {
  std::string id;
  double ra, dec, t_min, t_max;
};

void write_tar(std::span<const dali::Made> made, const std::string& path);
void write_zip(std::span<const dali::Made> made, const std::string& path);
void write_multi_fits(std::span<const dali::Made> made, const std::string& path);
// `rows`: one for each of `made`. Throws Failure(usage) naming the first cut that is not like the
// ones before it.
void write_fits_table(std::span<const dali::Made> made, std::span<const TableRow> rows,
                      const std::string& path);

}  // namespace soda::cutout
