#include "ingest/keywords.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/failure.h"
#include "base/text.h"
#include "store/columns.h"
#include "store/obscore.h"

namespace soda::ingest {
namespace {

struct Rule {
  std::string_view column;
  std::string_view keywords;  // alternatives, in order
  double factor = 1;          // of a number: the keyword's unit -> the column's
};

// In the order of use; several rows of a column follow one another. Times are taken apart in
// times.cc, filters in bands.cc.
constexpr std::array rules = {
    Rule{"obs_id", "OBS_ID OBSID ROOTNAME"},
    Rule{"obs_title", "OBS_TITL OBSTITLE TITLE"},
    Rule{"obs_creator_did", "CREATOR_DID DS_IDENT"},
    Rule{"obs_creation_date", "DATE"},
    Rule{"obs_release_date", "RELEASE DATE_PUB"},
    Rule{"proposal_id", "PROPOSID PROP_ID PROPID PROPOSAL PROGRAM"},
    Rule{"bib_reference", "BIBCODE"},
    Rule{"target_name", "TARGNAME TARGET OBJECT"},
    Rule{"facility_name", "TELESCOP OBSERVAT TELESCOPE"},
    Rule{"instrument_name", "INSTRUME INSTRUMENT"},
    Rule{"filter", "FILTER FILTER1 FILTER2 FILTNAM1 FILTNAM2 FILTERS FILTNAME FILT BAND INSFILTE"},
    Rule{"s_resolution", "BMAJ CLEANBMJ", 3600},
    Rule{"s_resolution", "SEEING PSF_FWHM PSFFWHM FWHM"},
    Rule{"t_min", "MJD-BEG DATE-BEG EXPSTART MJD-OBS MJDOBS MJD_OBS DATE-OBS DATE_OBS"},
    Rule{"t_max", "MJD-END DATE-END EXPEND DATE_END"},
    Rule{"t_exptime", "XPOSURE EXPTIME EXPOSURE ITIME TEXPTIME EXP_TIME ONTIME INTTIME EXPOS"},
    Rule{"o_unit", "BUNIT"},
};

}  // namespace

std::string Keywords::text(std::string_view keyword) const {
  for (const fits::Header* header : {&image_, &primary_}) {
    if (const std::optional<std::string> value = header->text(keyword)) {
      const std::string_view trimmed = trim(*value);
      if (!trimmed.empty()) return std::string(trimmed);
    }
  }
  return {};
}

std::optional<double> Keywords::real(std::string_view keyword) const {
  for (const fits::Header* header : {&image_, &primary_}) {
    const std::optional<double> value = header->real(keyword);
    if (value && std::isfinite(*value)) return value;
  }
  return std::nullopt;
}

// 'literal', 0:KEYWORD of the primary, or KEYWORD.
std::string Keywords::value(std::string_view alternative) const {
  if (alternative.size() >= 2 && alternative.front() == '\'' && alternative.back() == '\'') {
    return std::string(alternative.substr(1, alternative.size() - 2));
  }
  if (alternative.starts_with("0:"))
    return std::string(trim(primary_.text(alternative.substr(2)).value_or("")));
  return text(alternative);
}

// Schmidt plates give EXPOSURE in minutes, and say so in the card's comment only.
bool Keywords::is_in_minutes(std::string_view keyword) const {
  for (const fits::Header* header : {&image_, &primary_}) {
    if (const auto index = header->find(keyword)) {
      return keyword == "EXPOSURE" &&
             to_lower(header->card(*index)).find("minute") != std::string::npos;
    }
  }
  return false;
}

std::vector<Keywords::Found> Keywords::found(std::string_view column) const {
  std::vector<Found> values;
  const auto add = [&](std::string_view alternative, double factor) {
    std::string text = value(alternative);
    // Text columns are UTF-8; a header must be ASCII (FITS 4.0 section 4.1) but is not always.
    if (!text.empty() && is_utf8(text)) values.push_back({std::move(text), factor});
  };
  if (const auto own = settings_.columns.find(column); own != settings_.columns.end()) {
    for (const std::string& alternative : own->second) add(alternative, 1);
    return values;
  }
  for (const Rule& rule : rules) {
    if (rule.column != column) continue;
    for (const std::string_view keyword : split_blanks(rule.keywords)) {
      add(keyword, is_in_minutes(keyword) ? 60 * rule.factor : rule.factor);
    }
  }
  return values;
}

std::vector<std::string> Keywords::all(std::string_view column) const {
  std::vector<std::string> texts;
  for (Found& value : found(column)) texts.push_back(std::move(value.text));
  return texts;
}

std::string Keywords::first(std::string_view column) const {
  std::vector<Found> values = found(column);
  return values.empty() ? std::string() : std::move(values.front().text);
}

std::vector<double> Keywords::numbers(std::string_view column) const {
  std::vector<double> numbers;
  for (const Found& value : found(column)) {
    const std::optional<double> number = to_double(value.text);
    if (number && std::isfinite(*number * value.factor)) numbers.push_back(*number * value.factor);
  }
  return numbers;
}

std::optional<double> Keywords::number(std::string_view column) const {
  const std::vector<double> all = numbers(column);
  return all.empty() ? std::nullopt : std::optional(all.front());
}

site::Collection settings_for(const site::Config& config, std::string_view name) {
  site::Collection settings;
  for (const std::string_view which : {std::string_view(), name}) {
    const auto found = config.collections().find(which);
    if (found == config.collections().end()) continue;
    const site::Collection& own = found->second;
    for (const auto& [column, alternatives] : own.columns) settings.columns[column] = alternatives;
    for (const auto& [filter, band] : own.filters) settings.filters[filter] = band;
    for (const auto& [column, text] : own.constants) settings.constants[column] = text;
    for (const auto& [term, patterns] : own.companions) settings.companions[term] = patterns;
    for (const auto& [term, keywords] : own.relations) settings.relations[term] = keywords;
  }
  settings.name = name;
  return settings;
}

void check_collection(const site::Collection& collection, const std::vector<Column>& own) {
  const auto find = [&](std::string_view name) -> const Column& {
    const auto standard = store::obscore_columns();
    const auto column = std::ranges::find(standard, name, &Column::name);
    if (column != standard.end()) return *column;
    const auto of_archive = std::ranges::find(own, name, &Column::name);
    if (of_archive != own.end()) return *of_archive;
    throw Failure(
        FailureKind::usage,
        fmt::format("[collection.{}]: there is no column \"{}\"; the columns are those of "
                    "ObsCore and those of [[column]]",
                    collection.name, quoted(name)));
  };
  for (const auto& [column, alternatives] : collection.columns) find(column);
  for (const auto& [column, text] : collection.constants) {
    if (!store::value_of(find(column).type, text)) {
      throw Failure(FailureKind::usage,
                    fmt::format("[collection.{}.constants]: {} must be a number, not \"{}\"",
                                collection.name, column, quoted(text)));
    }
  }
}

}  // namespace soda::ingest
