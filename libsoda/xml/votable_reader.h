// The first table of a VOTable of any version from 1.0 to 1.6, row by row in bounded memory:
// TABLEDATA, BINARY and BINARY2. For documents of strangers (xml/events.h).
//
// What versions and writers differ in is taken as it comes: namespaces are not looked at, a missing
// DATA is no rows, an empty TD is NULL in every version, as is VALUES/@null; integers may be
// hexadecimal ("0x1F", the bits of the type); arraysize="1" is a scalar, as its writers mean it; a
// char without arraysize may be longer than one character in TABLEDATA. Not read: data that lie
// elsewhere (href), streams that are not base64, the FITS serialisation, encoded cells.
//
// A document that says QUERY_STATUS ERROR, before or behind its rows, is Failure(usage) with what
// it says.
#pragma once

#include <memory>

#include "base/table_reader.h"

namespace soda::xml {

// Reads up to the first row. The input is the document, no longer compressed.
std::unique_ptr<TableReader> read_votable(ByteInput input, const TableLimits& limits);

}  // namespace soda::xml
