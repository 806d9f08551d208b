#include "tap/params.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/failure.h"
#include "base/text.h"
#include "dali/literal.h"
#include "dali/table.h"

namespace soda::tap {
namespace {

using dali::Repeat;

constexpr dali::Parameter table[] = {
    {"LANG", "char", "*", "", "", "", Repeat::single, "", "ADQL, or ADQL-2.0 or ADQL-2.1", true},
    {"QUERY", "char", "*", "", "", "", Repeat::single, "", "The query", true},
    {"MAXREC", "int", "", "", "", "", Repeat::single, "", "Rows to answer at most", true},
    {"RESPONSEFORMAT", "char", "*", "", "", "meta.code.mime", Repeat::single, "",
     "votable, votable/b2, csv, tsv, json, fits or html, or a media type", true},
    {"UPLOAD", "char", "*", "", "", "", Repeat::list, "",
     "Tables to be queried as TAP_UPLOAD.NAME: NAME,param:PART or NAME,URL", true},
    // Of TAP 1.0.
    {"FORMAT", "char", "*", "", "", "", Repeat::single, "", "RESPONSEFORMAT", false},
    {"REQUEST", "char", "*", "", "", "", Repeat::single, "", "doQuery", false},
    {"VERSION", "char", "*", "", "", "", Repeat::single, "", "1.0", false},
};

constexpr std::array<std::string_view, 3> languages = {"ADQL", "ADQL-2.0", "ADQL-2.1"};

void check_language(const std::optional<std::string>& asked) {
  if (!asked) {
    throw Failure(FailureKind::usage, "LANG is missing: it names the language of QUERY, ADQL",
                  "LANG");
  }
  const bool is_known = std::ranges::any_of(languages, [&](std::string_view language) {
    return equal_ignoring_case(trim(*asked), language);
  });
  if (is_known) return;
  throw Failure(FailureKind::usage,
                fmt::format("LANG: one of {} is expected, received \"{}\"",
                            fmt::join(languages, ", "), quoted(*asked)),
                "LANG");
}

}  // namespace

std::span<const dali::Parameter> parameters() { return table; }

Request parse_request(const dali::Arguments& arguments, const site::Config& config,
                      std::string_view accept) {
  Request request;
  check_language(arguments.one("LANG"));
  const auto query = arguments.one("QUERY");
  if (!query) throw Failure(FailureKind::usage, "QUERY is missing", "QUERY");
  request.query = *query;
  const std::int64_t limit = config.integer("tap_rows_limit");
  const auto rows = arguments.one("MAXREC");
  request.rows =
      rows ? dali::parse_maxrec(*rows, limit) : std::min(config.integer("tap_rows"), limit);
  const auto format = arguments.one("RESPONSEFORMAT");
  request.format = dali::choose_format(
      dali::table_formats(), format ? *format : arguments.one("FORMAT").value_or(""), accept);
  request.uploads = arguments.all("UPLOAD");
  return request;
}

}  // namespace soda::tap
