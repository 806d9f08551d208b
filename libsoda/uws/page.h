// Jobs as pages for people, with buttons for what may be done (XHTML, no scripts).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "uws/document.h"

namespace soda::uws {

void write_page(const ShownJob& shown, const Emit& emit);
std::string jobs_page(std::string_view list, std::span<const store::Job> jobs);

}  // namespace soda::uws
