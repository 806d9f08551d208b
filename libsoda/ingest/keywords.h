// Which header keywords hold what an ObsCore column wants: one built-in table, which a collection's
// settings override column by column.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fits/header.h"
#include "site/config.h"

namespace soda::ingest {

// Looks in the image's own header, then in the primary's. Both, and the settings, must outlive it.
class Keywords {
 public:
  Keywords(const fits::Header& image, const fits::Header& primary, const site::Collection& settings)
      : image_(image), primary_(primary), settings_(settings) {}

  // The column's values in the order of its alternatives, trimmed, empty ones left out.
  std::vector<std::string> all(std::string_view column) const;
  // The first of them; empty when there is none.
  std::string first(std::string_view column) const;
  // Those that are finite numbers, in the column's unit; the first of them.
  std::vector<double> numbers(std::string_view column) const;
  std::optional<double> number(std::string_view column) const;

  // A keyword's own value, wherever it is.
  std::string text(std::string_view keyword) const;
  std::optional<double> real(std::string_view keyword) const;

 private:
  struct Found {
    std::string text;
    double factor;
  };
  std::vector<Found> found(std::string_view column) const;
  std::string value(std::string_view alternative) const;
  bool is_in_minutes(std::string_view keyword) const;

  const fits::Header& image_;
  const fits::Header& primary_;
  const site::Collection& settings_;
};

// The site's settings for all collections ("" in the file) with those for `name` laid over them.
site::Collection settings_for(const site::Config& config, std::string_view name);

// Throws Failure(usage) naming the collection and the column when a collection's settings name a
// column that neither ObsCore nor the archive (`own`) has.
void check_collection(const site::Collection& collection, const std::vector<Column>& own);

}  // namespace soda::ingest
