// UPLOAD (DALI 1.1 section 3.4.5): "NAME,param:PART" says that the part PART of a multipart body is
// the table NAME. Tables of jobs are kept in the job's folder until its end.
//
// Addresses (http, https, vos …) are refused: whoever fetches what strangers name can be sent to
// places that only it can reach.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/form.h"

namespace soda::dali {

struct UploadedTable {
  std::string name;  // of the table
  std::string part;  // letters, digits and "-_.", at most 64
};

// Throws Failure(usage) for every other form.
UploadedTable parse_upload(std::string_view value);

// Where that part of a job's request lies, in the folder of all results.
std::string upload_path(std::string_view folder, std::string_view job, std::string_view part);

// Writes the parts of `form` that these values of UPLOAD name, and makes the job's folder. Throws
// Failure(usage) when the form has no such part, std::system_error when the disk refuses; what was
// written by then is the caller's to remove with the folder.
void keep_uploads(const http::Form& form, const std::vector<std::string>& values,
                  std::string_view folder, std::string_view job);

}  // namespace soda::dali
