// CSV and TSV with a header line.
//
// CSV is RFC 4180, with ";" for a separator where the header line has no comma: fields may be
// quoted, quotes within are doubled, quoted fields may hold line ends. TSV is IANA's
// text/tab-separated-values: no quoting. A byte order mark is dropped; lines end with LF, CR LF or
// CR; empty lines are skipped. All columns are text, for whoever knows what they should be. An
// empty field is NULL, "" an empty text.
#pragma once

#include <memory>

#include "base/table_reader.h"

namespace soda {

enum class Delimiter { comma, semicolon, tab };

// Reads the header line. Without a delimiter: a tab if that line has one, else a comma, else a
// semicolon. Throws as TableReader::next(): no header line, a quoted field that does not end.
// RowFailure of a row: another number of fields than the header line has, text behind a closing
// quote, bytes that are no UTF-8.
std::unique_ptr<TableReader> read_csv(ByteInput input, const TableLimits& limits,
                                      std::optional<Delimiter> delimiter = std::nullopt);

}  // namespace soda
