#include "cutout/order.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/failure.h"
#include "base/text.h"
#include "cutout/look.h"
#include "cutout/params.h"
#include "dali/access.h"
#include "dali/literal.h"
#include "dali/upload.h"

namespace soda::cutout {
namespace {

http::Form form_of(const store::Job& job) {
  http::Form form;
  for (const auto& [name, value] : job.parameters) form.fields.push_back({name, value});
  return form;
}

void check_size(const dali::Arguments& arguments) {
  const auto radius = arguments.one("RADIUS");
  const auto box = arguments.one("BOX");
  if (radius && box) {
    throw Failure(FailureKind::usage, "RADIUS and BOX are both given, and one size is meant",
                  "BOX");
  }
  if (radius) {
    const auto degrees = to_double(trim(*radius));
    if (!degrees || !(*degrees > 0 && *degrees <= 180)) {
      throw Failure(FailureKind::usage,
                    fmt::format("RADIUS: degrees above 0 and up to 180 are expected, received "
                                "\"{}\"",
                                quoted(*radius)),
                    "RADIUS");
    }
  }
  if (!box) return;
  try {
    parse_cut(single_request({}, {{"POS", "BRECT 0 0 " + *box}}), 4);
  } catch (const Failure&) {
    throw Failure(FailureKind::usage,
                  fmt::format("BOX: w h above 0 with an optional unit pixel, arcsec or deg is "
                              "expected, received \"{}\"",
                              quoted(*box)),
                  "BOX");
  }
}

// What is said of positions means nothing without a table, and shapes mean nothing with one.
void check_positions(const dali::Arguments& arguments) {
  if (const auto upload = arguments.one("UPLOAD")) {
    dali::parse_upload(*upload);
    if (const auto shapes = shapes_of(arguments); !shapes.empty()) {
      throw Failure(FailureKind::usage,
                    fmt::format("UPLOAD and {} are both given, and shapes come from the table",
                                shapes.front().name),
                    shapes.front().name);
    }
    return;
  }
  for (const std::string_view name : {"RADIUS", "BOX", "COLLECTION", "INSTRUMENT", "MAXPERPOS"}) {
    if (!arguments.has(name)) continue;
    throw Failure(
        FailureKind::usage,
        fmt::format("{}: it is about a table of positions (UPLOAD), and there is none", name),
        std::string(name));
  }
}

struct ErrandField {
  std::string_view name;
  std::string Errand::*member;
};
// No parameter has such a name.
constexpr std::array<ErrandField, 2> reasons = {
    {{"refused", &Errand::refused}, {"nothing", &Errand::nothing}}};

}  // namespace

Order::Order(const store::Job& job)
    : arguments(form_of(job), batch_parameters()),
      output(choose_output(Offer::batch, arguments.one("RESPONSEFORMAT").value_or(""), "")),
      common(common_form(arguments)) {
  // A table has one image a row.
  const bool said = arguments.has("DETAIL") || arguments.has("CUTOUTDETAIL");
  if (output.output == Output::fits_table && !said) common.fields.push_back({"DETAIL", "Image"});
}

void check_order(const dali::Context& context, const Desk& desk, const Order& order) {
  combinations(order.arguments, {context.config.integer("max_items"), "cuts of a job (max_items)"});
  for (const std::string_view name : combined) {
    if (name == "ID") continue;
    for (const auto& value : order.arguments.all(name)) {
      parse_cut(single_request(order.common, {{std::string(name), value}}), desk.max_vertices);
    }
  }
  parse_cut(single_request(order.common, {}), desk.max_vertices);
  if (is_picture(order.output.output)) parse_look(order.arguments, desk.max_picture);
  check_positions(order.arguments);
  check_size(order.arguments);
  if (const auto most = order.arguments.one("MAXPERPOS")) {
    dali::parse_integer("MAXPERPOS", *most, 1, INT64_MAX);
  }
}

std::string text_of(const Errand& errand) {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view value) {
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, percent_encode(value));
  };
  for (const auto& [name, value] : errand.combination) add(name, value);
  for (const auto& [name, member] : reasons) {
    if (!(errand.*member).empty()) add(name, errand.*member);
  }
  return text;
}

Errand errand_of(std::string_view text) {
  Errand errand;
  for (const std::string_view part : split(text, '&')) {
    const auto equals = std::min(part.find('='), part.size());
    const std::string_view name = part.substr(0, equals);
    auto value =
        http::percent_decode(part.substr(std::min(equals + 1, part.size())), http::Plus::literal);
    if (name.empty() || !value) {
      throw Failure(FailureKind::internal, "an item of the job cannot be read");
    }
    const auto reason = std::ranges::find(reasons, name, &ErrandField::name);
    if (reason != reasons.end()) {
      errand.*(reason->member) = std::move(*value);
    } else {
      errand.combination.push_back({std::string(name), std::move(*value)});
    }
  }
  return errand;
}

void admit_owner(const dali::Context& context, const store::Job& job,
                 const store::Dataset& dataset) {
  context.access.admit(dali::terms_of(dataset.obscore), site::Scope::cut, {job.owner, {}});
}

}  // namespace soda::cutout
