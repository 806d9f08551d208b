// Prints the tables of settings and of the services' parameters, one row a line, fields between
// tabs: what the rules compare with conf/soda.toml and with the manual pages. A setting's default
// is written as TOML.
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <type_traits>
#include <variant>

#include "cutout/params.h"
#include "data/params.h"
#include "datalink/service.h"
#include "sia/params.h"
#include "site/config.h"

namespace {

std::string toml(const soda::site::Value& value) {
  return std::visit(
      [](const auto& each) {
        if constexpr (std::is_same_v<std::decay_t<decltype(each)>, std::string>) {
          return fmt::format("\"{}\"", each);
        } else {
          return fmt::format("{}", each);
        }
      },
      value);
}

bool is_number(const soda::site::Value& value) {
  return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value);
}

}  // namespace

int main() {
  for (const auto& row : soda::site::settings()) {
    std::string limits;
    if (is_number(row.fallback)) {
      limits = fmt::format("from {:.0f} to {:.0f}", row.minimum, row.maximum);
    }
    fmt::print("setting\t{}\t{}\t{}\t{}\t{}\n", row.name, toml(row.fallback), row.unit, limits,
               row.choices);
  }
  const auto print = [](const char* page, std::span<const soda::dali::Parameter> parameters) {
    for (const auto& row : parameters) {
      fmt::print("parameter\t{}\t{}\t{}\n", page, row.name, row.choices);
    }
  };
  print("soda-sync.8", soda::cutout::parameters());
  print("soda-sia.8", soda::sia::parameters());
  print("soda-links.8", soda::datalink::parameters());
  print("soda-data.8", soda::data::parameters());
  // Its page refers to soda-sync(8) for the others.
  print("soda-async.8",
        soda::cutout::batch_parameters().subspan(soda::cutout::parameters().size()));
}
