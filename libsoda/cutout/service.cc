#include "cutout/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/failure.h"
#include "cutout/cut.h"
#include "cutout/desk.h"
#include "cutout/output.h"
#include "cutout/packed.h"
#include "cutout/params.h"
#include "cutout/picture.h"
#include "cutout/plan.h"
#include "dali/access.h"
#include "dali/descriptor.h"

namespace soda::cutout {
namespace {

using Clock = std::chrono::steady_clock;

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

// How the cut is to be shown; empty: not at all, it goes out as it is.
struct Show {
  image::Look look;
  image::Encoding encoding;
};

std::optional<Show> show_of(const Desk& desk, const dali::Call& call, Output output) {
  if (!is_picture(output)) return std::nullopt;
  return Show{parse_look(call.arguments, desk.max_picture), encoding_of(output)};
}

// The cut of the first data set; of three, in colour.
std::string render(Desk& desk, const dali::Context& context, const Datasets& datasets,
                   const Plan& plan, const Show& show) {
  std::vector<Pictured> pictured;
  for (const auto& dataset : datasets) {
    pictured.push_back({*dataset, desk.sources.get(dataset->holding),
                        path_of(context.config, dataset->holding->file)});
  }
  if (pictured.size() == 1) {
    return cut_picture(pictured[0], plan, desk.tools, show.look, show.encoding);
  }
  return colour_picture({pictured[0], pictured[1], pictured[2]}, plan, desk.tools, show.look,
                        show.encoding);
}

http::Response answer(Desk& desk, const dali::Context& context, const dali::Call& call) {
  auto time = Clock::now();
  const auto output = choose_output(Offer::sync, call.arguments.one("RESPONSEFORMAT").value_or(""),
                                    call.request.header("Accept"));
  if (is_package(output.output)) return packed_answer(desk, context, call, output);
  const Cut cut = parse_cut(call.arguments, desk.max_vertices);
  const auto show = show_of(desk, call, output.output);
  const auto datasets = find_datasets(context, call, show ? Kind::picture : Kind::cut);
  const store::Dataset& dataset = *datasets.front();
  const auto readers = admit(context, call, datasets);
  call.log.add_milliseconds("find_ms", milliseconds_since(time));
  const auto source = desk.sources.get(dataset.holding);
  call.log.add_milliseconds("source_ms", milliseconds_since(time));
  const std::string day = utc_day();
  auto planned = plan(dataset, source, cut, show ? desk.picture_limits : desk.limits, day);
  call.log.add_milliseconds("boxes_ms", milliseconds_since(time));
  if (const auto* miss = std::get_if<NoOverlap>(&planned))
    return no_content(sentence_of(*miss), call);
  auto& plan = std::get<Plan>(planned);
  call.log.add("boxes", plan.summary);

  http::Response response;
  response.add("Content-Type", output.content_type);
  response.add("Content-Disposition",
               fmt::format("{}; filename=\"{}\"", show ? "inline" : "attachment",
                           file_name(dataset, cut, show ? output.short_form : "fits")));
  response.add("ETag", entity_tag(datasets, call.arguments, day));
  response.add("Accept-Ranges", "bytes");
  if (readers == site::Readers::some) site::make_private(response);
  for (const auto& warning : plan.warnings) {
    response.add("Warning", fmt::format("299 - \"{}\"", warning));
  }
  if (show) {
    response.body = render(desk, context, datasets, plan, *show);
    call.log.add_milliseconds("picture_ms", milliseconds_since(time));
  } else {
    response.body =
        make_body(std::move(plan), path_of(context.config, dataset.holding->file), desk.tools);
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
  service.handle = [desk = std::make_shared<Desk>(context.config), row = service](
                       const dali::Context& c, const dali::Call& call) {
    // DALI leaves a call without parameters open; ours says what may be asked (DataLink 1.1
    // section 4.4, adhoc:this).
    if (call.arguments.empty()) {
      return dali::self_description(
          c, row, "Cuts a part of the sky, of wavelength, time or polarisation out of an image");
    }
    return answer(*desk, c, call);
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
