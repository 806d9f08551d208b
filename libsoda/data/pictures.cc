#include "data/pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/failure.h"
#include "base/fingerprint.h"
#include "base/text.h"
#include "cutout/look.h"
#include "cutout/params.h"
#include "data/file.h"
#include "http/file_body.h"
#include "http/handoff.h"

namespace soda::data {
namespace {

// To be raised when pictures look different from before: those that are kept then count no more.
constexpr int rendering = 1;

std::string folder_of(const site::Config& config) {
  const std::string& cache = config.text("cache_folder");
  return cache.empty() ? std::string() : cache + "/previews";
}

bool asks_for_a_look(const dali::Arguments& arguments) {
  return std::ranges::any_of(cutout::picture_parameters(), [&](const dali::Parameter& parameter) {
    return arguments.has(parameter.name);
  });
}

// The data set, the file's identity and the program that made it. Restricted pictures have names of
// their own, because nobody else on the machine may read them.
std::string name_of(const store::Dataset& dataset, int side, site::Readers readers) {
  const auto& file = dataset.holding->file;
  Fingerprint id;
  id.add(to_lower(dataset.obscore.obs_publisher_did));
  return fmt::format("{:016x}-{:x}-{:x}-{:x}-{}-{}-{}{}.png", id.value(), file.inode, file.size,
                     file.mtime_ns, dataset.hdu + 1, side, rendering,
                     readers == site::Readers::some ? "r" : "");
}

std::string entity_tag(const std::string& name, const dali::Arguments& arguments) {
  Fingerprint tag;
  tag.add(name);
  for (const auto& parameter : cutout::picture_parameters()) {
    tag.add(arguments.one(parameter.name).value_or(""));
  }
  return fmt::format("\"{:016x}\"", tag.value());
}

http::Response picture_response(std::string_view stem, int side) {
  http::Response response;
  response.add("Content-Type", "image/png");
  response.add("Content-Disposition",
               http::disposition("inline", fmt::format("{}_{}.png", stem, side)));
  return response;
}

std::string_view stem_of(const store::FileRecord& file) {
  std::string_view stem = file.path;
  stem.remove_prefix(stem.rfind('/') + 1);
  return stem.substr(0, stem.find('.'));
}

// Handed over to the web server, or sent from here.
void fill(http::Response& response, const http::Request& request, PictureCache::Picture picture,
          std::string tag) {
  const bool readable = (picture.status.st_mode & S_IROTH) != 0;
  response.add("ETag", std::move(tag));
  if (readable &&
      http::hand_over(request, response, {previews_root, picture.path, picture.absolute},
                      picture.status.st_size)) {
    return;
  }
  response.body = http::file_body(std::move(picture.file), picture.status.st_size);
}

}  // namespace

Pictures::Pictures(const site::Config& config)
    : sources_(static_cast<std::size_t>(config.integer("holdings_memory"))),
      tools_(cutout::make_tools(config)),
      cache_(folder_of(config), config.integer("preview_cache_limit")),
      largest_(static_cast<int>(config.integer("max_picture"))) {}

std::string Pictures::render(const dali::Context& context, const dali::Call& call,
                             const store::Dataset& dataset, int side) {
  image::Look look = cutout::parse_look(call.arguments, largest_);
  look.longest = std::min(side, largest_);
  return cutout::whole_picture({dataset, sources_.get(dataset.holding),
                                cutout::path_of(context.config, dataset.holding->file)},
                               tools_, look, image::Encoding::png);
}

http::Response Pictures::answer(const dali::Context& context, const dali::Call& call,
                                const store::Dataset& dataset, int side, site::Readers readers) {
  const auto& record = dataset.holding->file;
  check_identity(cutout::path_of(context.config, record),
                 {record.size, record.mtime_ns, record.inode});
  http::Response response = picture_response(stem_of(record), side);
  // A page of thumbnails that is looked at again asks nobody; what is withdrawn is gone soon.
  if (readers == site::Readers::everybody) response.add("Cache-Control", "max-age=60");
  const std::string name = name_of(dataset, side, readers);
  const std::string tag = entity_tag(name, call.arguments);
  if (asks_for_a_look(call.arguments)) {
    response.add("ETag", tag);
    response.body = render(context, call, dataset, side);
    return response;
  }
  auto kept = cache_.find(name);
  FileDescriptor turn;
  if (!kept) {
    turn = cache_.turn(name);
    kept = cache_.find(name);  // made by another process meanwhile
  }
  call.log.add("cached", kept ? "true" : "false");
  if (kept) {
    fill(response, call.request, std::move(*kept), tag);
    return response;
  }
  std::string picture = render(context, call, dataset, side);
  const std::string problem =
      cache_.keep(name, picture, readers == site::Readers::some ? For::us : For::all);
  if (!problem.empty()) call.log.add("not_cached", problem);
  response.add("ETag", tag);
  response.body = std::move(picture);
  return response;
}

}  // namespace soda::data
