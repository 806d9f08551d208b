// The bytes of a file as a body, and its name for who saves it.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/handle.h"
#include "http/response.h"

namespace soda::http {

// "attachment; filename=..." (RFC 6266): the plain form for all, and for names beyond ASCII the
// encoded one beside it. `kind`: attachment or inline.
std::string disposition(std::string_view kind, std::string_view name);

// ETag (of size, time and inode) and Last-Modified of a file that is sent as it is.
void add_validators(Response& response, const struct stat& status);

// `size` bytes of an open file, from `start` on; 256 KiB of them are in memory at a time.
std::unique_ptr<Body> file_body(FileDescriptor file, std::int64_t size, std::int64_t start = 0);

}  // namespace soda::http
