// Pictures that were made once, on the disk, shared by all processes of the site.
//
// A name is one of ours (letters, digits, '-', '.'), and says all that the picture depends on: what
// lies under it never changes. Files lie in 64 folders by a hash of their names; each folder may
// hold a 64th of the limit, so that making room costs a look into one of them. The pictures used
// longest ago go first; use is the access time, set by us, to the minute (whatever the mount
// options), so that the modification time, from which web servers make their ETags, stays.
//
// A cache that cannot be written to, or is full, is no failure of a request: keep() says why.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/handle.h"

namespace soda::data {

// The name under which the folder is handed over to the web server (http/handoff.h).
inline constexpr std::string_view previews_root = ".previews";

// Who may read a kept picture: everybody on this machine (the web server, too), or we alone.
enum class For { all, us };

class PictureCache {
 public:
  // Empty folder, or a limit of 0: nothing is kept. `limit` is in bytes, of all pictures together.
  PictureCache(std::string folder, std::int64_t limit);

  struct Picture {
    std::string path;  // below the folder
    std::string absolute;
    FileDescriptor file;
    struct stat status {};
  };
  std::optional<Picture> find(const std::string& name) const;

  // The right to make a picture: others that want the same one wait until it is given back (or its
  // process dies), at most 15 s; then they make it too, which costs time and harms nobody. Without
  // a cache, or where locks do not work, everybody makes his own.
  FileDescriptor turn(const std::string& name) const;

  // Puts a picture there, whole or not at all, and makes room for it. Returns what prevented it,
  // for the log; empty: all went well.
  std::string keep(const std::string& name, std::string_view bytes, For whom) const;

 private:
  std::string below(const std::string& name) const;  // "3f/NAME"
  std::string make_room(const std::string& folder, std::int64_t needed) const;

  std::string folder_;
  std::int64_t share_;  // bytes that one of the folders may hold
};

}  // namespace soda::data
