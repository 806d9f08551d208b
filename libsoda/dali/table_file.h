// A file of a table, whatever kind of table it is.
#pragma once

#include <memory>
#include <string>

#include "base/table_reader.h"

namespace soda::dali {

// VOTable, FITS, CSV or TSV, gzipped or not: by content, not by name. What is neither FITS nor XML
// is read as CSV. Throws as the readers; Failure(unavailable) when the file cannot be read.
std::unique_ptr<TableReader> open_table(const std::string& path, const TableLimits& limits);

}  // namespace soda::dali
