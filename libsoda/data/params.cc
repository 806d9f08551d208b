#include "data/params.h"

#include <vector>

#include "cutout/params.h"

namespace soda::data {
namespace {

using dali::Repeat;

constexpr dali::Parameter own[] = {
    {"ID", "char", "*", "", "", "meta.id;meta.dataset", Repeat::single, "",
     "Publisher identifier of the data set", true},
    {"PART", "char", "*", "", "", "meta.code", Repeat::single,
     "file|header|preview|thumbnail|relation",
     "What of it: the file as it is stored (without PART), its headers as text, a picture of 512 "
     "or "
     "256 pixels, or the companion file LINK",
     true},
    {"LINK", "long", "", "", "", "meta.id", Repeat::single, "",
     "The number of a companion file, as links gives it", false},
};

std::vector<dali::Parameter> make_table() {
  std::vector<dali::Parameter> table(std::begin(own), std::end(own));
  const auto looks = cutout::picture_parameters();
  table.insert(table.end(), looks.begin(), looks.end());
  return table;
}

}  // namespace

std::span<const dali::Parameter> parameters() {
  static const std::vector<dali::Parameter> table = make_table();
  return table;
}

}  // namespace soda::data
