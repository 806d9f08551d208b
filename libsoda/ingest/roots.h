// Between paths on this machine and the data roots of the site.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "site/config.h"

namespace soda::ingest {

struct Rooted {
  std::string root;  // its name
  std::string path;  // below it, "" for the root itself
};

class Roots {
 public:
  // Resolves symbolic links in the roots. Throws Failure(usage) when there are none, or when one is
  // no folder, naming it.
  explicit Roots(const site::Config& config);

  // Of a path without symbolic links; the deepest root that holds it.
  std::optional<Rooted> relate(std::string_view canonical) const;
  std::string absolute(std::string_view root, std::string_view path) const;
  // What stands before paths in identifiers: the root's name, or nothing where it is the only one.
  std::string_view prefix(std::string_view root) const;
  // "a = /data/a, b = /data/b": for messages.
  std::string list() const;

 private:
  std::map<std::string, std::string, std::less<>> folders_;
};

}  // namespace soda::ingest
