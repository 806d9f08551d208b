// What clients may ask of a job, and what becomes of its phase (UWS 1.1 sections 2.1.3 and
// 2.2.2.3). Pure.
//
// An order that is fulfilled already (RUN of a job that waits or runs, ABORT of an aborted one)
// changes nothing and is no error: a client that lost our answer may ask again.
#pragma once

#include <optional>
#include <string_view>

#include "store/jobs.h"

namespace soda::uws {

enum class Order { run, abort };
// "RUN" or "ABORT", exactly.
std::optional<Order> order_of(std::string_view word);

// The phase afterwards. Throws Failure(wrong_state).
store::Phase obeyed(store::Phase phase, Order order);

// Whether the phase may change without the client's doing or the like: who waits for a change
// waits only then (UWS 1.1 section 2.2.1.1).
bool is_active(store::Phase phase) noexcept;

}  // namespace soda::uws
