// For programs that fetch what clients name by an address of the web.
#pragma once

#include <functional>
#include <string>

#include "fetch/fetch.h"
#include "site/config.h"

namespace modules {

// Context::fetch within the site's limits: max_upload, upload_time, upload_addresses.
std::function<void(const std::string& address, soda::http::Sink& into)> fetch_of(
    const soda::site::Config& config);

}  // namespace modules
