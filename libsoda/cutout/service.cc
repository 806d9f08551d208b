#include "cutout/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/failure.h"
#include "base/text.h"
#include "base/time.h"
#include "cutout/cut.h"
#include "cutout/params.h"
#include "cutout/picture.h"
#include "cutout/plan.h"
#include "dali/access.h"
#include "dali/descriptor.h"
#include "dali/format.h"

namespace soda::cutout {
namespace {

using Clock = std::chrono::steady_clock;

// Pictures are made for who asks by RESPONSEFORMAT only: browsers accept image/png before anything
// else that is here, and following a link to a cut they shall get the cut.
constexpr std::string_view not_by_accept = "none";
constexpr dali::Format formats[] = {{"application/fits", "fits"},
                                    {"image/fits", ""},
                                    {"image/png", "png", not_by_accept},
                                    {"image/jpeg", "jpeg", not_by_accept}};
constexpr std::size_t first_picture = 2;

// What the process keeps between requests.
struct State {
  explicit State(const site::Config& config)
      : sources(static_cast<std::size_t>(config.integer("holdings_memory"))),
        tools(make_tools(config)) {
    limits.answer = config.integer("max_answer");
    limits.small_table = config.integer("small_table_limit");
    for (const auto name : split_blanks(config.text("small_tables")))
      limits.tables.emplace_back(name);
    limits.signing_budget = config.integer("buffer_budget");
    picture_limits = limits;
    picture_limits.answer = std::int64_t{1} << 48;
    max_vertices = static_cast<std::size_t>(config.integer("max_vertices"));
    max_picture = static_cast<int>(config.integer("max_picture"));
  }

  SourceCache sources;
  Tools tools;
  Limits limits;
  Limits picture_limits;  // a picture is small, whatever the size of the cut that it shows
  std::size_t max_vertices;
  int max_picture;
};

std::string utc_day() { return iso8601_utc(std::chrono::system_clock::now()).substr(0, 10); }

using Datasets = std::vector<std::shared_ptr<const store::Dataset>>;

// Same request, same file, same version, same day: same bytes, same tag. FNV-1a, 64 bits: a tag
// tells versions of one URL apart, it guards nothing.
std::string entity_tag(const Datasets& datasets, const dali::Arguments& arguments,
                       const std::string& day) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  const auto add = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    hash = (hash ^ 0xFFU) * 0x100000001b3U;  // no two lists of texts run together
  };
  add(day);
  for (const auto& dataset : datasets) {
    const auto& file = dataset->holding->file;
    add(fmt::format("{} {} {} " SODA_VERSION, file.size, file.mtime_ns, file.inode));
    add(dataset->obscore.obs_publisher_did);
  }
  for (const auto& parameter : parameters()) {
    if (parameter.name == "RUNID" || parameter.name == "ID") continue;
    for (const auto& value : arguments.all(parameter.name)) {
      add(parameter.name);
      add(value);
    }
  }
  return fmt::format("\"{:016x}\"", hash);
}

// "<stem>_<shape>_<ra>_<dec>_<size>.fits", ASCII, at most 120 characters.
std::string file_name(const store::Dataset& dataset, const Cut& cut, std::string_view ending) {
  std::string_view stem = dataset.holding->file.path;
  stem.remove_prefix(std::min(stem.size(), stem.rfind('/') + 1));
  stem = stem.substr(0, stem.find('.'));
  std::string name(stem.substr(0, 60));
  if (dataset.hdu > 0) name += fmt::format("_{}", dataset.hdu);
  const auto add_place = [&](std::string_view shape, const sky::Direction& at, double size) {
    name += fmt::format("_{}_{:.5f}_{:+.5f}_{:.5g}", shape, at.lon().degrees(), at.lat().degrees(),
                        size);
  };
  if (cut.shape) {
    if (const auto* rectangle = std::get_if<PixelRectangle>(&*cut.shape)) {
      add_place("box", rectangle->centre, rectangle->width);
    } else {
      static constexpr std::string_view shapes[] = {"circle", "range", "polygon"};
      const auto& region = std::get<sky::Region>(*cut.shape);
      const auto circle = sky::bounding_circle(region);
      add_place(shapes[region.index()], circle.centre(), circle.radius().degrees());
    }
  } else {
    name += "_cut";
  }
  for (char& c : name) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '.' || c == '-' || c == '+';
    if (!plain) c = '_';
  }
  return fmt::format("{}.{}", name.substr(0, 119 - ending.size()), ending);
}

double milliseconds_since(Clock::time_point& start) {
  const auto now = Clock::now();
  const std::chrono::duration<double, std::milli> passed = now - start;
  start = now;
  return passed.count();
}

std::shared_ptr<const store::Dataset> find_dataset(const dali::Context& context,
                                                   const std::string& id) {
  auto dataset = context.holdings.find(id);
  if (!dataset) {
    throw Failure(FailureKind::not_found,
                  fmt::format("ID is not known to this archive, got \"{}\"", quoted(id, 200)),
                  "ID");
  }
  return dataset;
}

enum class Kind { cut, picture };

// One; or three for a picture in colours.
Datasets find_datasets(const dali::Context& context, const dali::Call& call, Kind kind) {
  const auto& ids = call.arguments.all("ID");
  if (ids.empty()) {
    throw Failure(FailureKind::usage, "ID is missing: it names the data set to cut", "ID");
  }
  call.log.add("id", fmt::format("{}", fmt::join(ids, " ")));
  if (kind == Kind::cut && ids.size() > 1) {
    throw Failure(
        FailureKind::multi_valued,
        fmt::format("ID: one value is supported (three for a picture), received {}", ids.size()),
        "ID");
  }
  if (ids.size() != 1 && ids.size() != 3) {
    throw Failure(FailureKind::usage,
                  fmt::format("ID: a picture is made of one data set, or of three for red, green "
                              "and blue, received {}",
                              ids.size()),
                  "ID");
  }
  Datasets datasets;
  for (const auto& id : ids) datasets.push_back(find_dataset(context, id));
  return datasets;
}

// One that is for some makes the whole answer theirs.
site::Readers admit(const dali::Context& context, const dali::Call& call,
                    const Datasets& datasets) {
  auto readers = site::Readers::everybody;
  for (const auto& dataset : datasets) {
    if (dali::admit(context, call, dataset->obscore, site::Scope::cut) == site::Readers::some) {
      readers = site::Readers::some;
    }
  }
  return readers;
}

http::Response no_content(const NoOverlap& miss, const dali::Call& call) {
  const std::string reason = fmt::format("{}: {}", miss.axis, miss.reason);
  call.log.add("no_content", reason);
  http::Response response = http::text_response(204, "");
  response.headers.clear();
  response.add("X-SODA-NoContent", reason);
  return response;
}

// How the cut is to be shown; empty: not at all, it goes out as it is.
struct Show {
  image::Look look;
  image::Encoding encoding;
};

std::optional<Show> show_of(const State& state, const dali::Call& call, std::size_t format) {
  if (format < first_picture) return std::nullopt;
  return Show{parse_look(call.arguments, state.max_picture),
              format == first_picture ? image::Encoding::png : image::Encoding::jpeg};
}

// The cut of the first data set; of three, in colour.
std::string render(State& state, const dali::Context& context, const Datasets& datasets,
                   const Plan& plan, const Show& show) {
  std::vector<Pictured> pictured;
  for (const auto& dataset : datasets) {
    pictured.push_back({*dataset, state.sources.get(dataset->holding),
                        path_of(context.config, dataset->holding->file)});
  }
  if (pictured.size() == 1) {
    return cut_picture(pictured[0], plan, state.tools, show.look, show.encoding);
  }
  return colour_picture({pictured[0], pictured[1], pictured[2]}, plan, state.tools, show.look,
                        show.encoding);
}

http::Response answer(State& state, const dali::Context& context, const dali::Call& call) {
  auto time = Clock::now();
  const auto format = dali::choose_format(
      formats, call.arguments.one("RESPONSEFORMAT").value_or(""), call.request.header("Accept"));
  const Cut cut = parse_cut(call.arguments, state.max_vertices);
  const auto show = show_of(state, call, format.index);
  const auto datasets = find_datasets(context, call, show ? Kind::picture : Kind::cut);
  const store::Dataset& dataset = *datasets.front();
  const auto readers = admit(context, call, datasets);
  call.log.add_milliseconds("find_ms", milliseconds_since(time));
  const auto source = state.sources.get(dataset.holding);
  call.log.add_milliseconds("source_ms", milliseconds_since(time));
  const std::string day = utc_day();
  auto planned = plan(dataset, source, cut, show ? state.picture_limits : state.limits, day);
  call.log.add_milliseconds("boxes_ms", milliseconds_since(time));
  if (const auto* miss = std::get_if<NoOverlap>(&planned)) return no_content(*miss, call);
  auto& plan = std::get<Plan>(planned);
  call.log.add("boxes", plan.summary);

  http::Response response;
  response.add("Content-Type", format.content_type);
  response.add(
      "Content-Disposition",
      fmt::format("{}; filename=\"{}\"", show ? "inline" : "attachment",
                  file_name(dataset, cut, show ? formats[format.index].short_form : "fits")));
  response.add("ETag", entity_tag(datasets, call.arguments, day));
  response.add("Accept-Ranges", "bytes");
  if (readers == site::Readers::some) site::make_private(response);
  for (const auto& warning : plan.warnings) {
    response.add("Warning", fmt::format("299 - \"{}\"", warning));
  }
  if (show) {
    response.body = render(state, context, datasets, plan, *show);
    call.log.add_milliseconds("picture_ms", milliseconds_since(time));
  } else {
    response.body =
        make_body(std::move(plan), path_of(context.config, dataset.holding->file), state.tools);
  }
  return response;
}

}  // namespace

dali::Service sync_service(const dali::Context& context) {
  dali::Service service;
  service.name = "sync";
  service.standard_id = "ivo://ivoa.net/std/SODA#sync-1.0";
  service.interface_type = "vs:ParamHTTP";
  service.interface_version = "1.0";
  service.access_use = "full";
  service.methods = "GET HEAD POST";
  service.result_type = "application/fits";
  service.parameters = parameters();
  service.handle = [state = std::make_shared<State>(context.config), row = service](
                       const dali::Context& c, const dali::Call& call) {
    // DALI leaves a call without parameters open; ours says what may be asked (DataLink 1.1
    // section 4.4, adhoc:this).
    if (call.arguments.empty()) {
      return dali::self_description(
          c, row, "Cuts a part of the sky, of wavelength, time or polarisation out of an image");
    }
    return answer(*state, c, call);
  };
  return service;
}

std::optional<dali::ExampleCall> example_cut(const store::ObsCore& record) {
  if (!record.s_ra || !record.s_dec || !record.s_fov) return std::nullopt;
  return {{{"ID", record.obs_publisher_did},
           {"CIRCLE", fmt::format("{:.6f} {:.6f} {:.3g}", *record.s_ra, *record.s_dec,
                                  std::min(*record.s_fov / 10, 1.0))}}};
}

}  // namespace soda::cutout
