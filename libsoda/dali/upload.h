// UPLOAD (DALI 1.1 section 3.4.5): "NAME,param:PART" says that the part PART of a multipart body is
// the table NAME; "NAME,http://…" or "NAME,https://…" that the table lies there. Tables of jobs are
// kept in the job's folder until its end.
//
// An address is fetched by those programs only that bring the means (Context::fetch), within the
// limits max_upload and upload_time, and only from where the setting upload_addresses allows:
// whoever fetches what strangers name can be sent to places that only it can reach.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle.h"
#include "dali/service.h"
#include "http/file_sink.h"
#include "http/form.h"
#include "site/config.h"

namespace soda::dali {

struct UploadedTable {
  std::string name;     // of the table
  std::string part;     // letters, digits and "-_.", at most 64; empty when there is an address
  std::string address;  // http or https
};

// Each pair by itself: clients of TAP 1.0 (its section 2.5) write several with ";" between. What
// follows a ";" of an address is none.
std::vector<std::string> split_uploads(const std::vector<std::string>& values);

// Throws Failure(usage) for every other form.
UploadedTable parse_upload(std::string_view value);

// Where that table of a job lies, in the folder of all results.
std::string upload_path(std::string_view results, std::string_view job, const UploadedTable& table);

// Tables that came with a request, on the disk but not in their places yet.
class NewUploads {
 public:
  // Writes the parts of `form` that these values of UPLOAD name, and makes the job's folder. Throws
  // Failure(usage) when the form has no such part or the site fetches no addresses,
  // std::system_error when the disk refuses; the folder is the caller's to remove then.
  NewUploads(const site::Config& config, const http::Form& form,
             const std::vector<std::string>& values, std::string_view job);
  // Puts them where the job finds them, which outlives a loss of power, as they do.
  void keep();

 private:
  std::string results_, job_;
  std::deque<http::WholeFile> files_;
};

// Where it lies, for those who read it: what has an address is fetched unless it is there.
// Throws Failure(usage), about UPLOAD, for what cannot be had from there.
std::string uploaded_file(const Context& context, std::string_view job, const UploadedTable& table);

// What lies at an address, for a table that is read at once: a file without a name.
// Throws as uploaded_file.
FileDescriptor fetched_file(const Context& context, const std::string& address);

}  // namespace soda::dali
