// What went wrong while working, as a Failure that tells clients and the engine what to do.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>

#include "base/failure.h"

namespace soda::uws {

// A full disk, or no memory in the kernel, passes: Failure(unavailable). Anything that is no
// Failure and no errno is a defect: Failure(internal).
Failure trouble_with(const std::exception& error);
// What `attempt` threw; empty when it returned.
std::optional<Failure> trouble_of(const std::function<void()>& attempt);
Failure results_are_full(std::int64_t bytes, std::int64_t limit);

}  // namespace soda::uws
