// One FITS file of many: each file's primary becomes an image extension, and all its HDUs follow
// one another behind a primary that holds no data.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "fits/header.h"
#include "store/holdings.h"

namespace soda::cutout {

// Gives the HDUs of one file their names: EXTNAME as it was ("CUTOUT" where there was none), EXTVER
// counted for each name, SODAITEM the number of the cut that the HDU belongs to.
class ExtensionNames {
 public:
  // The header of an HDU of cut `number` (from 1) as an extension of the common file. What
  // CHECKSUM and DATASUM said of it does not hold any more.
  fits::Header extension(const fits::Header& header, std::int64_t number);

 private:
  std::map<std::string, std::int64_t> count_;
};

// The primary: a HISTORY for each of `misses` (cuts that are not there, and why).
fits::Header common_primary(std::span<const std::string> misses, std::string_view day);

// World coordinates that lie in other HDUs name these by EXTNAME and EXTVER, which change here.
// Throws Failure(usage) for such a file.
void require_joinable(const store::Holding& holding, std::string_view id);

}  // namespace soda::cutout
