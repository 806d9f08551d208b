// Files that the web server sends in our place, when it says that it can: X-Accel-Redirect (nginx)
// and X-Sendfile (lighttpd, Apache's mod_xsendfile). An answer of 260 KB then costs half.
//
// The web server says so in the FastCGI variable SODA_HANDOFF, which no client can set (headers
// arrive as HTTP_...): "x-accel-redirect:/PREFIX/ NAME..." or "x-sendfile NAME...", the names being
// those of data roots, ".previews" for cached pictures and ".results" for results of jobs. Under
// nginx the file PATH of the root NAME is PREFIX NAME/PATH, an internal location; X-Sendfile takes
// the path on the disk. Both are percent-encoded (nginx: ngx_http_parse_unsafe_uri; the others by
// default). What is not named is sent by ourselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "http/request.h"
#include "http/response.h"

namespace soda::http {

struct Place {
  std::string_view root;      // the folder's name in the offer
  std::string_view path;      // below it
  std::string_view absolute;  // both, on the disk
};

// The header, name and value, that hands the file over; empty when the web server did not offer it.
std::optional<std::pair<std::string, std::string>> handoff(std::string_view offer,
                                                           const Place& place);

// Files below this size are sent quicker than they are handed over.
inline constexpr std::int64_t worth_handing_over = std::int64_t{64} << 10;

// Hands a file of that size over where it is worth it and the web server offers it; false when the
// file is to be sent from here. Only for the methods that static files have. Ranges are then the
// web server's business, and so are conditions, as far as the response's ETag and Last-Modified do
// not settle them: nginx has its own of both, the others keep ours.
bool hand_over(const Request& request, Response& response, const Place& place, std::int64_t size);

}  // namespace soda::http
