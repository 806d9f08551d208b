// UPLOAD (TAP 1.1 section 2.7.6): tables of the client, for one query.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/handle.h"
#include "base/table_reader.h"
#include "dali/upload.h"
#include "store/select.h"
#include "tap/catalogue.h"

namespace soda::tap {

// Values of UPLOAD, each one pair or, as clients of TAP 1.0 write them, several with ";" between.
// Names are identifiers of ADQL, and differ, ignoring case. Throws Failure(usage).
std::vector<dali::UploadedTable> parse_uploads(const std::vector<std::string>& values);

// The bytes of the table. Throws Failure.
using UploadSource = std::function<ByteInput(const dali::UploadedTable&)>;

ByteInput file_input(FileDescriptor file);

struct UploadLimits {
  TableLimits file;
  store::TableBounds table;
};

// Reads the tables into the inquiry, and adds the schema TAP_UPLOAD with them to the catalogue.
// Their rows keep their order where a query asks for none. Throws Failure about UPLOAD.
void take_uploads(const std::vector<dali::UploadedTable>& uploads, const UploadSource& source,
                  const UploadLimits& limits, store::Inquiry& inquiry, Catalogue& catalogue);

}  // namespace soda::tap
