// Values of the settings file, refused in one way: every message begins with file:line and the full
// key. Private to the room.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <string_view>

namespace soda::site {

bool has_control_character(std::string_view text);

struct TomlNodes {
  const std::string& path;  // of the file, in messages

  [[noreturn]] void refuse(const toml::node& node, std::string_view key,
                           const std::string& what) const;
  // "…, received …"
  [[noreturn]] void refuse_value(const toml::node& node, std::string_view key,
                                 std::string_view expected) const;
  const toml::table& table(const toml::node& node, std::string_view key) const;
  // [[key]]
  const toml::array& list(const toml::node& node, std::string_view key) const;
  // Without control characters.
  const std::string& text(const toml::node& node, std::string_view key) const;
  bool flag(const toml::node& node, std::string_view key) const;
};

}  // namespace soda::site
