// The first table of a FITS file, row by row in bounded memory: binary tables (FITS 4.0 section
// 7.3) with strings, logicals, bits, fixed and variable-length arrays; ASCII tables (section 7.2).
// Gzipped files are inflated as they are read.
//
// Columns get their unit from TUNITn, and UCD, utype and description from TUCDn, TUTYPn and TCOMMn,
// which STILTS and TOPCAT write. NULL are: TNULLn, NaN, the logical 0, an empty text, an array
// without elements, a blank field of an ASCII table (which the standard calls 0, but nobody writes
// 0 so). TSCALn and TZEROn are applied; integers stay integers where only an offset is added
// (unsigned integers, section 5.3).
#pragma once

#include <memory>
#include <string>

#include "base/table_reader.h"

namespace soda::fits {

// Throws as TableReader::next(), and Failure(unavailable) when the file cannot be read;
// Failure(too_large) also for a gzipped file whose variable-length arrays take more than 64 MiB
// together. RowFailure: an array outside the heap, text that is no UTF-8, a number that is none.
std::unique_ptr<TableReader> read_table(const std::string& path, const TableLimits& limits);

// All bytes of any file, inflated when it is gzipped; Failure(too_large) beyond `inflated_limit`.
ByteInput open_bytes(const std::string& path, std::int64_t inflated_limit);

}  // namespace soda::fits
