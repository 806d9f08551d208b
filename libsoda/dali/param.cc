#include "dali/param.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/failure.h"
#include "base/text.h"

namespace soda::dali {
namespace {

constexpr std::size_t run_id_limit = 64;

// What every service takes, declared or not: DALI's label, and a signed address (site/signature.h).
constexpr std::array<Parameter, 4> common = {{
    {"RUNID", "char", "*", "", "", "", Repeat::single, "", "A label for the service's log.", false},
    {"EXPIRES", "char", "*", "", "", "", Repeat::single, "",
     "Until when a signed address is good (ISO 8601, UTC).", false},
    {"KEY", "char", "*", "", "", "", Repeat::single, "",
     "The name of the key that signed the address.", false},
    {"SIGNATURE", "char", "*", "", "", "", Repeat::single, "", "The signature of the address.",
     false},
}};
constexpr std::string_view run_id = common.front().name;

// DALI 1.1 section 3.4: several values of these are an error of usage, whatever the service.
constexpr std::array<std::string_view, 3> always_single = {"RESPONSEFORMAT", "MAXREC", "RUNID"};

// Longer names cannot be a slip of the finger in one of ours.
constexpr std::size_t longest_name = 40;

const Parameter* find_in(std::span<const Parameter> rows, std::string_view name) {
  const auto found = std::ranges::find_if(rows, [name](const Parameter& parameter) {
    return equal_ignoring_case(parameter.name, name);
  });
  return found == rows.end() ? nullptr : &*found;
}

const Parameter* find_declared(std::span<const Parameter> declared, std::string_view name) {
  const Parameter* found = find_in(declared, name);
  return found != nullptr ? found : find_in(common, name);
}

void refuse_near_miss(std::span<const Parameter> declared, std::string_view name) {
  if (name.size() > longest_name) return;
  for (const Parameter& parameter : declared) {
    if (!is_near_miss(parameter.name, name)) continue;
    throw Failure(FailureKind::usage,
                  fmt::format("{}: unknown parameter; is {} meant?", quoted(name), parameter.name),
                  std::string(name));
  }
}

std::string chosen(const Parameter& parameter, std::string value) {
  if (parameter.choices.empty()) return value;
  for (const std::string_view choice : split(parameter.choices, '|')) {
    if (equal_ignoring_case(choice, trim(value))) return std::string(choice);
  }
  throw Failure(FailureKind::usage,
                fmt::format("{}: one of {} is expected, received \"{}\"", parameter.name,
                            parameter.choices, quoted(value)),
                std::string(parameter.name));
}

void check_count(const Parameter& parameter, std::size_t count) {
  if (parameter.repeat != Repeat::single || count < 2) return;
  const bool usage = std::ranges::count(always_single, parameter.name) > 0;
  throw Failure(usage ? FailureKind::usage : FailureKind::multi_valued,
                fmt::format("{}: one value is supported, received {}", parameter.name, count),
                std::string(parameter.name));
}

void check_run_id(const std::vector<std::string>& values) {
  if (values.empty() || values.front().size() <= run_id_limit) return;
  throw Failure(FailureKind::usage,
                fmt::format("RUNID: at most {} characters are accepted, received {}", run_id_limit,
                            values.front().size()),
                "RUNID");
}

}  // namespace

Arguments::Arguments(const http::Form& form, std::span<const Parameter> declared,
                     Strangers strangers) {
  for (const Parameter& parameter : declared)
    values_.emplace_back(parameter.name, std::vector<std::string>());
  std::unordered_set<std::string> unknown;
  for (const http::Field& field : form.fields) {
    const Parameter* parameter = find_declared(declared, field.name);
    if (parameter == nullptr) {
      if (!unknown.insert(field.name).second) continue;
      if (strangers == Strangers::suspected) refuse_near_miss(declared, field.name);
      ignored_.push_back(field.name);
      continue;
    }
    if (trim(field.value).empty()) continue;
    auto row = std::ranges::find(values_, parameter->name,
                                 &std::pair<std::string_view, std::vector<std::string>>::first);
    if (row == values_.end()) row = values_.insert(row, {parameter->name, {}});
    row->second.push_back(chosen(*parameter, field.value));
  }
  for (const auto& [name, values] : values_) {
    check_count(*find_declared(declared, name), values.size());
  }
  check_run_id(all(run_id));
}

const std::vector<std::string>& Arguments::all(std::string_view name) const {
  static const std::vector<std::string> none;
  const auto found = std::ranges::find(
      values_, name, &std::pair<std::string_view, std::vector<std::string>>::first);
  return found == values_.end() ? none : found->second;
}

bool Arguments::has(std::string_view name) const { return !all(name).empty(); }

std::optional<std::string> Arguments::one(std::string_view name) const {
  const auto& values = all(name);
  return values.empty() ? std::nullopt : std::optional(values.front());
}

bool Arguments::empty() const noexcept {
  return std::ranges::all_of(values_, [](const auto& row) {
    return row.second.empty() || find_in(common, row.first) != nullptr;
  });
}

}  // namespace soda::dali
