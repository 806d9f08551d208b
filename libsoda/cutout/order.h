// The request of a job, read once: what its parameters say, and what one item is. Of use inside
// this room only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cutout/combine.h"
#include "cutout/desk.h"
#include "cutout/output.h"
#include "dali/work.h"
#include "store/jobs.h"

namespace soda::cutout {

// Throws Failure for parameters that are wrong by themselves.
struct Order {
  explicit Order(const store::Job& job);

  dali::Arguments arguments;
  ChosenOutput output;
  http::Form common;  // of all cuts
};

// Checks what can be checked without the archive, with the limits of the site.
void check_order(const dali::Context& context, const Desk& desk, const Order& order);

// What is to be done for one item, as the store keeps it: the fields of one request; or why there
// is nothing to do.
struct Errand {
  Combination combination;
  std::string refused;  // the item fails with this
  std::string nothing;  // it has no content, for this reason
};
std::string text_of(const Errand& errand);
Errand errand_of(std::string_view text);

dali::Plan plan_order(const dali::Context& context, Desk& desk, const store::Job& job,
                      const Order& order);

// Who the job is for may read it, or Failure as of site::Access::admit.
void admit_owner(const dali::Context& context, const store::Job& job,
                 const store::Dataset& dataset);

}  // namespace soda::cutout
