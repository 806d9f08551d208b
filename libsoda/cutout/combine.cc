#include "cutout/combine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/failure.h"
#include "cutout/params.h"

namespace soda::cutout {
namespace {

std::vector<http::Field> fields_of(const dali::Arguments& arguments, std::string_view name) {
  std::vector<http::Field> fields;
  for (const auto& value : arguments.all(name)) fields.push_back({std::string(name), value});
  return fields;
}

}  // namespace

std::vector<http::Field> shapes_of(const dali::Arguments& arguments) {
  std::vector<http::Field> shapes;
  for (const std::string_view name : {"POS", "CIRCLE", "POLYGON"}) {
    std::ranges::move(fields_of(arguments, name), std::back_inserter(shapes));
  }
  return shapes;
}

std::vector<Combination> combinations(const std::vector<std::vector<http::Field>>& lists,
                                      const CombinationLimit& limit) {
  std::int64_t count = 1;
  for (const auto& list : lists) {
    const auto size = std::max<std::int64_t>(1, static_cast<std::int64_t>(list.size()));
    if (!__builtin_mul_overflow(count, size, &count) && count <= limit.count) continue;
    throw Failure(FailureKind::too_large,
                  fmt::format("at most {} {} are accepted, and the values make more", limit.count,
                              limit.what));
  }
  std::vector<Combination> all(1);
  for (const auto& list : lists) {
    if (list.empty()) continue;
    std::vector<Combination> longer;
    longer.reserve(all.size() * list.size());
    for (const auto& combination : all) {
      for (const auto& field : list) {
        longer.push_back(combination);
        longer.back().push_back(field);
      }
    }
    all = std::move(longer);
  }
  return all;
}

std::vector<Combination> combinations(const dali::Arguments& arguments,
                                      const CombinationLimit& limit) {
  return combinations({fields_of(arguments, "ID"), shapes_of(arguments),
                       fields_of(arguments, "BAND"), fields_of(arguments, "TIME")},
                      limit);
}

http::Form common_form(const dali::Arguments& arguments) {
  constexpr std::array<std::string_view, 2> of_the_answer = {"RESPONSEFORMAT", "RUNID"};
  http::Form form;
  for (const auto& parameter : parameters()) {
    if (std::ranges::count(combined, parameter.name) > 0) continue;
    if (std::ranges::count(of_the_answer, parameter.name) > 0) continue;
    std::ranges::move(fields_of(arguments, parameter.name), std::back_inserter(form.fields));
  }
  return form;
}

dali::Arguments single_request(http::Form common, const Combination& combination) {
  common.fields.insert(common.fields.end(), combination.begin(), combination.end());
  return {common, parameters()};
}

}  // namespace soda::cutout
