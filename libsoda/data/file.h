// A file of the archive as an answer: handed over to the web server, or sent from here in bounded
// pieces.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fits/file.h"
#include "http/request.h"
#include "http/response.h"

namespace soda::data {

struct StoredFile {
  std::string root, path;  // name of the data root, and path below it
  std::string absolute;
  std::string content_type;
  // What it was when it was ingested; empty: nobody knows (companions).
  std::optional<fits::Identity> expected;
};

// One stat. Throws as file_response.
void check_identity(const std::string& path, const fits::Identity& expected);

// Status 200 with the headers of the file; conditions and ranges are the business of whoever sends
// it. Costs one stat when it is handed over. Throws Failure(unavailable) when the file cannot be
// opened, Failure(corrupt_data) when it is not the one that was expected, or no regular file.
http::Response file_response(const http::Request& request, const StoredFile& file);

}  // namespace soda::data
