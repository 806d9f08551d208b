// A settings file -> site/config. The file is the administrator's, not a client's; but a slip in it
// must be told, not crash the services.
#include "site/config.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace soda;
  fuzz::survives({FailureKind::usage}, [&] {
    const auto config = site::Config::parse(fuzz::text_of(data, size), "soda.toml");
    for (const auto& setting : site::settings()) {
      config.shown(setting.name);
      fuzz::require(!config.origin(setting.name).empty(), "a setting has an origin");
    }
    const std::string mount = config.mount();
    fuzz::require(mount.empty() || (mount.front() == '/' && mount.back() != '/'),
                  "the mount is a path without a final slash");
    for (const auto& [name, folder] : config.data_roots()) {
      fuzz::require(folder.starts_with('/'), "a data root is absolute");
    }
  });
  return 0;
}
