// Files that the web server sends in our place, when it says that it can: X-Accel-Redirect (nginx)
// and X-Sendfile (lighttpd, Apache's mod_xsendfile). An answer of 260 KB then costs half.
//
// The web server says so in the FastCGI variable SODA_HANDOFF, which no client can set (headers
// arrive as HTTP_...): "x-accel-redirect:/PREFIX/ NAME..." or "x-sendfile NAME...", the names being
// those of data roots, and ".previews" for cached pictures. Under nginx the file PATH of the root
// NAME is PREFIX NAME/PATH, an internal location; X-Sendfile takes the path on the disk. Both are
// percent-encoded (nginx: ngx_http_parse_unsafe_uri; the others by default). What is not named is
// sent by ourselves.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace soda::data {

// The name under which the folder of cached pictures is handed over.
inline constexpr std::string_view previews_root = ".previews";

struct Place {
  std::string_view root;      // the data root's name
  std::string_view path;      // below it
  std::string_view absolute;  // both, on the disk
};

// The header, name and value, that hands the file over; empty when the web server did not offer it.
std::optional<std::pair<std::string, std::string>> handoff(std::string_view offer,
                                                           const Place& place);

}  // namespace soda::data
