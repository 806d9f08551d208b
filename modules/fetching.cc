#include "fetching.h"

#include <chrono>

namespace modules {

std::function<void(const std::string&, soda::http::Sink&)> fetch_of(
    const soda::site::Config& config) {
  soda::fetch::Limits limits;
  limits.bytes = config.integer("max_upload");
  limits.bytes_name = "max_upload";
  limits.time = std::chrono::seconds(config.integer("upload_time"));
  if (config.text("upload_addresses") == "any") limits.reach = soda::fetch::Reach::everywhere;
  return [limits](const std::string& address, soda::http::Sink& into) {
    soda::fetch::fetch(address, into, limits);
  };
}

}  // namespace modules
