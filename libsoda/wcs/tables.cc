#include "wcs/tables.h"

#include <wcslib/wcs.h>
#include <wcslib/wtbarr.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "base/text.h"

namespace soda::wcs {

namespace {

constexpr std::size_t kMaxTable = 1U << 20;  // values of one array

std::string field(const char* text, std::size_t limit) {
  return std::string(trim(std::string_view(text, strnlen(text, limit))));
}

// "3A" of CTYPE3A for every -TAB axis of every representation.
std::set<std::string> table_axes(const Cards& cards) {
  std::set<std::string> axes;
  for (const Cards::Card& card : cards.all()) {
    if (card.keyword.starts_with("CTYPE") &&
        card_value(card.image).find("-TAB") != std::string::npos) {
      axes.insert(card.keyword.substr(5));
    }
  }
  return axes;
}

// The axis number and the representation's letter of "3A".
std::pair<std::string, std::string> parts_of(const std::string& axis) {
  const std::size_t digits = axis.find_last_of("0123456789") + 1;
  return {axis.substr(0, digits), axis.substr(digits)};
}

// Values of a parameter that a header gives once, or leaves to its default.
class Parameters {
 public:
  Parameters(const Cards& cards, const std::string& axis) : cards_(cards), parts_(parts_of(axis)) {}

  std::optional<double> number(std::string_view stem, int m, double fallback) const {
    const auto card = find(stem, m);
    if (card.first > 1) return std::nullopt;
    return card.first == 0 ? fallback : fits_number(card.second);
  }
  std::string text(std::string_view stem, int m) const {
    const auto card = find(stem, m);
    return card.first == 1 ? card.second : std::string();
  }

 private:
  // How often it is there, and what it says.
  std::pair<int, std::string> find(std::string_view stem, int m) const {
    const std::string keyword =
        std::string(stem) + parts_.first + "_" + std::to_string(m) + parts_.second;
    std::pair<int, std::string> found{0, {}};
    for (const Cards::Card& card : cards_.all()) {
      if (card.keyword != keyword) continue;
      ++found.first;
      found.second = card_value(card.image);
    }
    return found;
  }

  const Cards& cards_;
  std::pair<std::string, std::string> parts_;
};

bool is_count(const std::optional<double>& value) {
  return value && *value >= 1 && *value <= 1e6 && *value == std::floor(*value);
}

}  // namespace

bool has_sound_tables(const Cards& cards) {
  // Axes by representation, table and column of the coordinates.
  using Key = std::tuple<std::string, std::string, double, double, std::string>;
  std::map<Key, std::set<double>> groups;
  for (const std::string& axis : table_axes(cards)) {
    const Parameters parameters(cards, axis);
    const auto version = parameters.number("PV", 1, 1), level = parameters.number("PV", 2, 1);
    const auto place = parameters.number("PV", 3, 1);
    const std::string table = parameters.text("PS", 0), column = parameters.text("PS", 1);
    if (!is_count(version) || !is_count(level) || !is_count(place)) return false;
    if (table.empty() || column.empty()) return false;
    auto& places = groups[{parts_of(axis).second, table, *version, *level, column}];
    if (!places.insert(*place).second) return false;
  }
  return std::all_of(groups.begin(), groups.end(), [](const auto& group) {
    return *group.second.rbegin() == static_cast<double>(group.second.size());
  });
}

void drop_table_axes(Cards& cards) {
  const std::set<std::string> lost = table_axes(cards);
  cards.erase_if([&](const Cards::Card& card) {
    if (card.keyword.starts_with("CTYPE")) return lost.contains(card.keyword.substr(5));
    if (!card.keyword.starts_with("PS") && !card.keyword.starts_with("PV")) return false;
    return std::any_of(lost.begin(), lost.end(), [&](const std::string& axis) {
      return card.keyword.substr(2).starts_with(parts_of(axis).first + "_");
    });
  });
}

bool fill_array(const wtbarr_s& wanted, const TableSource& tables) {
  if (!tables || wanted.ndim < 1 || wanted.ndim > kMaxAxes + 1) return false;
  TableRequest request;
  request.extname = field(wanted.extnam, sizeof wanted.extnam);
  request.extver = wanted.extver;
  request.extlevel = wanted.extlev;
  request.column = field(wanted.ttype, sizeof wanted.ttype);
  request.row = wanted.row;
  const std::optional<TableArray> array = tables(request);
  if (!array || array->values.empty() || array->values.size() > kMaxTable) return false;

  std::vector<std::int64_t> shape = array->shape;
  const auto dimensions = static_cast<std::size_t>(wanted.ndim);
  // TDIMn may be omitted for one-dimensional arrays (paper III section 6.1.2).
  if (wanted.kind == 'c' && dimensions == 2 && shape.size() == 1) shape.insert(shape.begin(), 1);
  if (shape.size() != dimensions) return false;
  std::size_t product = 1;
  for (const std::int64_t length : shape) {
    if (length < 1 || static_cast<std::uint64_t>(length) > kMaxTable) return false;
    product *= static_cast<std::size_t>(length);
    if (product > kMaxTable) return false;
  }
  if (product != array->values.size()) return false;
  if (wanted.kind == 'c') {
    if (shape[0] != wanted.ndim - 1) return false;
    for (std::size_t m = 1; m < dimensions; ++m) {
      wanted.dimlen[m - 1] = static_cast<int>(shape[m]);
    }
  } else if (static_cast<std::int64_t>(product) != *wanted.dimlen) {
    return false;
  }
  auto* values = static_cast<double*>(std::calloc(product, sizeof(double)));
  if (values == nullptr) throw std::bad_alloc();
  std::copy(array->values.begin(), array->values.end(), values);
  *wanted.arrayp = values;
  return true;
}

}  // namespace soda::wcs
