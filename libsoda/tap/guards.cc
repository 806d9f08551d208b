#include "tap/guards.h"

namespace soda::tap {

store::Guards guards_of(const site::Config& config, std::chrono::seconds time) {
  store::Guards guards;
  guards.time = time;
  guards.memory = static_cast<std::size_t>(config.integer("tap_memory"));
  guards.scratch = config.integer("tap_scratch");
  return guards;
}

}  // namespace soda::tap
