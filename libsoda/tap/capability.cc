#include "tap/capability.h"

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "dali/table.h"

namespace soda::tap {
namespace {

constexpr std::string_view registry = "ivo://ivoa.net/std/TAPRegExt#";

struct Feature {
  std::string_view form, description;
};
struct Features {
  std::string_view kind;  // after "features-"
  std::span<const Feature> list;
};

// ADQL 2.1 section 4.2 and following; forms as TAPRegExt's keys and UDF signatures have them.
constexpr Feature geometry[] = {
    {"POINT", ""},    {"CIRCLE", ""},     {"BOX", ""},      {"POLYGON", ""}, {"REGION", ""},
    {"CONTAINS", ""}, {"INTERSECTS", ""}, {"DISTANCE", ""}, {"AREA", ""},    {"CENTROID", ""},
    {"COORD1", ""},   {"COORD2", ""},     {"COORDSYS", ""}};
constexpr Feature sets[] = {{"UNION", ""}, {"EXCEPT", ""}, {"INTERSECT", ""}};
constexpr Feature common_table[] = {{"WITH", ""}};
constexpr Feature strings[] = {{"LOWER", ""}, {"UPPER", ""}, {"ILIKE", ""}};
constexpr Feature types[] = {{"CAST", ""}};
constexpr Feature units[] = {{"IN_UNIT", ""}};
constexpr Feature offset[] = {{"OFFSET", ""}};
constexpr Feature functions[] = {
    {"ivo_hasword(haystack VARCHAR, needle VARCHAR) -> INTEGER",
     "1 if needle stands in haystack as a word, in any case; else 0"},
    {"ivo_hashlist_has(hashlist VARCHAR, item VARCHAR) -> INTEGER",
     "1 if the list, whose items are separated by #, has the item, in any case; else 0"},
    {"ivo_nocasematch(value VARCHAR, pattern VARCHAR) -> INTEGER",
     "1 if the value is like the pattern, in any case; else 0"},
    {"ivo_string_agg(expression VARCHAR, delimiter VARCHAR) -> VARCHAR",
     "The values of a group, with the delimiter between them"},
    {"ivo_interval_overlaps(l1 NUMERIC, h1 NUMERIC, l2 NUMERIC, h2 NUMERIC) -> INTEGER",
     "1 if the intervals l1 to h1 and l2 to h2 have a point in common; else 0"},
    {"ivo_healpix_index(hpxOrder INTEGER, long DOUBLE PRECISION, lat DOUBLE PRECISION) -> BIGINT",
     "The HEALPix cell of a position in ICRS degrees, in the nested scheme"},
    {"ivo_healpix_index(hpxOrder INTEGER, p POINT) -> BIGINT",
     "The HEALPix cell of a point, in the nested scheme"},
    {"ivo_healpix_center(hpxOrder INTEGER, hpxIndex BIGINT) -> POINT",
     "The centre of a HEALPix cell of the nested scheme"},
    {"ivo_to_jd(t TIMESTAMP) -> DOUBLE PRECISION", "The Julian date of a time"},
    {"ivo_to_mjd(t TIMESTAMP) -> DOUBLE PRECISION", "The modified Julian date of a time"},
};
constexpr std::array features = {
    Features{"udf", functions},       Features{"adqlgeo", geometry},
    Features{"adql-sets", sets},      Features{"adql-common-table", common_table},
    Features{"adql-string", strings}, Features{"adql-type", types},
    Features{"adql-unit", units},     Features{"adql-offset", offset},
};

void write_language(xml::Writer& document) {
  document.start("language").element("name", "ADQL");
  for (const std::string_view version : {"2.0", "2.1"}) {
    document.start("version");
    document.attribute("ivo-id", "ivo://ivoa.net/std/ADQL#v" + std::string(version));
    document.text(version).end();
  }
  document.element("description", "ADQL 2.1 with all of its optional features");
  for (const Features& group : features) {
    document.start("languageFeatures");
    document.attribute("type", std::string(registry) + "features-" + std::string(group.kind));
    for (const Feature& feature : group.list) {
      document.start("feature").element("form", feature.form);
      if (!feature.description.empty()) document.element("description", feature.description);
      document.end();
    }
    document.end();
  }
  document.end();
}

struct Key {
  std::string_view short_form, key;
};
constexpr std::array keys = {Key{"votable", "output-votable-td"},
                             Key{"votable/td", "output-votable-td"},
                             Key{"votable/b2", "output-votable-binary2"}};

void write_formats(xml::Writer& document) {
  for (const dali::Format& format : dali::table_formats()) {
    document.start("outputFormat");
    for (const Key& row : keys) {
      if (row.short_form != format.short_form) continue;
      document.attribute("ivo-id", std::string(registry) + std::string(row.key));
    }
    document.element("mime", format.media_type);
    if (!format.short_form.empty()) document.element("alias", format.short_form);
    document.end();
  }
}

struct Limit {
  std::string_view element, unit, usual, hard;  // settings; empty: not told
};
constexpr std::array limits = {
    Limit{"retentionPeriod", "", "job_lifetime", "job_lifetime_limit"},
    Limit{"executionDuration", "", "tap_execution_limit", "tap_execution_limit"},
    Limit{"outputLimit", "row", "tap_rows", "tap_rows_limit"},
    Limit{"uploadLimit", "byte", "", "max_upload"},
};

void write_limits(const site::Config& config, xml::Writer& document) {
  for (const Limit& limit : limits) {
    document.start(limit.element);
    for (const auto& [name, setting] :
         {std::pair{"default", limit.usual}, std::pair{"hard", limit.hard}}) {
      if (setting.empty()) continue;
      document.start(name);
      if (!limit.unit.empty()) document.attribute("unit", limit.unit);
      document.text(std::to_string(config.integer(setting))).end();
    }
    document.end();
  }
}

}  // namespace

void write_capability(const dali::Context& context, xml::Writer& document) {
  document.start("dataModel").attribute("ivo-id", "ivo://ivoa.net/std/ObsCore#core-1.1");
  document.text("ObsCore-1.1").end();
  write_language(document);
  write_formats(document);
  for (const std::string_view way : {"upload-inline", "upload-http"}) {
    document.start("uploadMethod");
    document.attribute("ivo-id", std::string(registry) + std::string(way)).end();
  }
  write_limits(context.config, document);
}

}  // namespace soda::tap
