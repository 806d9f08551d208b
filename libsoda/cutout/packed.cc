#include "cutout/packed.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/failure.h"
#include "base/time.h"
#include "cutout/combine.h"
#include "cutout/extensions.h"
#include "cutout/params.h"
#include "dali/access.h"
#include "pack/tar.h"

namespace soda::cutout {
namespace {

// Parts one behind the other. Those that nothing is wanted of are not touched.
class JoinedBody final : public http::Body {
 public:
  void add(std::string text) {
    size_ += static_cast<std::int64_t>(text.size());
    parts_.emplace_back(std::move(text));
  }
  void add(std::unique_ptr<http::Body> body) {
    size_ += body->size();
    parts_.emplace_back(std::move(body));
  }
  std::int64_t size() const override { return size_; }

  void write(http::Sink& sink, std::int64_t first, std::int64_t count) override {
    std::int64_t at = 0;
    for (auto& part : parts_) {
      const std::int64_t length = length_of(part);
      const std::int64_t from = std::clamp<std::int64_t>(first - at, 0, length);
      const std::int64_t to = std::clamp<std::int64_t>(first + count - at, 0, length);
      at += length;
      if (from >= to) continue;
      if (const auto* text = std::get_if<std::string>(&part)) {
        sink.write(std::string_view(*text).substr(static_cast<std::size_t>(from),
                                                  static_cast<std::size_t>(to - from)));
      } else {
        std::get<std::unique_ptr<http::Body>>(part)->write(sink, from, to - from);
      }
    }
  }

 private:
  using Part = std::variant<std::string, std::unique_ptr<http::Body>>;
  static std::int64_t length_of(const Part& part) {
    const auto* text = std::get_if<std::string>(&part);
    return text ? static_cast<std::int64_t>(text->size())
                : std::get<std::unique_ptr<http::Body>>(part)->size();
  }

  std::vector<Part> parts_;
  std::int64_t size_ = 0;
};

struct Planned {
  std::shared_ptr<const store::Dataset> dataset;
  std::variant<Plan, NoOverlap> plan;
};

std::string name_of(std::size_t index) { return fmt::format("cutout-{}", index + 1); }

std::string text_of(const NoOverlap& miss) { return no_content_text(sentence_of(miss)); }

class Packer {
 public:
  Packer(Desk& desk, const dali::Context& context, std::string day)
      : desk_(desk), context_(context), day_(std::move(day)) {}

  std::unique_ptr<http::Body> tar(std::vector<Planned> cuts) {
    const auto when = utc_from_iso8601(day_).value_or(std::chrono::system_clock::time_point{});
    const auto modified = std::chrono::system_clock::to_time_t(when);
    auto body = std::make_unique<JoinedBody>();
    for (std::size_t i = 0; i < cuts.size(); ++i) {
      if (const auto* miss = std::get_if<NoOverlap>(&cuts[i].plan)) {
        const std::string text = text_of(*miss) + "\n";
        const auto size = static_cast<std::int64_t>(text.size());
        body->add(pack::tar_header(name_of(i) + ".txt", size, modified) + text +
                  std::string(pack::tar_padding(size)));
        continue;
      }
      auto cut = body_of(std::move(cuts[i]));
      const std::int64_t size = cut->size();
      body->add(pack::tar_header(name_of(i) + ".fits", size, modified));
      body->add(std::move(cut));
      body->add(std::string(pack::tar_padding(size)));
    }
    body->add(std::string(pack::tar_end()));
    return body;
  }

  std::unique_ptr<http::Body> multi_fits(std::vector<Planned> cuts) {
    std::vector<std::string> misses;
    for (std::size_t i = 0; i < cuts.size(); ++i) {
      const auto* miss = std::get_if<NoOverlap>(&cuts[i].plan);
      if (miss) misses.push_back(fmt::format("{}: {}", name_of(i), text_of(*miss)));
    }
    auto body = std::make_unique<JoinedBody>();
    body->add(common_primary(misses, day_).blocks());
    ExtensionNames names;
    for (std::size_t i = 0; i < cuts.size(); ++i) {
      auto* plan = std::get_if<Plan>(&cuts[i].plan);
      if (plan == nullptr) continue;
      require_joinable(*cuts[i].dataset->holding, cuts[i].dataset->obscore.obs_publisher_did);
      plan->length = 0;
      for (auto& hdu : plan->hdus) {
        hdu.header = fits::FoldedHeader(
            names.extension(hdu.header.unfold(), static_cast<std::int64_t>(i) + 1));
        plan_signature(hdu, desk_.limits);
        plan->length += hdu.length();
      }
      body->add(body_of(std::move(cuts[i])));
    }
    return body;
  }

 private:
  std::unique_ptr<http::Body> body_of(Planned cut) {
    return make_body(std::get<Plan>(std::move(cut.plan)),
                     path_of(context_.config, cut.dataset->holding->file), desk_.tools);
  }

  Desk& desk_;
  const dali::Context& context_;
  std::string day_;
};

void check_size(const http::Body& body, const Limits& limits) {
  if (body.size() <= limits.answer) return;
  throw Failure(FailureKind::too_large,
                fmt::format("the answer would have {} bytes, and this site sends at most {} in one "
                            "answer",
                            body.size(), limits.answer));
}

}  // namespace

http::Response no_content(const std::string& reason, const dali::Call& call) {
  call.log.add("no_content", reason);
  http::Response response = http::text_response(204, "");
  response.headers.clear();
  response.add("X-SODA-NoContent", reason);
  return response;
}

http::Response packed_answer(Desk& desk, const dali::Context& context, const dali::Call& call,
                             const ChosenOutput& output) {
  const auto all = combinations(
      call.arguments, {context.config.integer("max_packed"), "cuts of one answer (max_packed)"});
  const http::Form common = common_form(call.arguments);
  const std::string day = utc_day();
  Datasets datasets;
  std::vector<Planned> cuts;
  std::vector<std::string> warnings;
  auto readers = site::Readers::everybody;
  for (const auto& combination : all) {
    const auto arguments = single_request(common, combination);
    const Cut cut = parse_cut(arguments, desk.max_vertices);
    const auto id = arguments.one("ID");
    if (!id) {
      throw Failure(FailureKind::usage, "ID is missing: it names the data set to cut", "ID");
    }
    auto dataset = find_dataset(context, *id);
    if (dali::admit(context, call, dataset->obscore, site::Scope::cut) == site::Readers::some) {
      readers = site::Readers::some;
    }
    auto planned = plan(*dataset, desk.sources.get(dataset->holding), cut, desk.limits, day);
    if (const auto* made = std::get_if<Plan>(&planned)) {
      warnings.insert(warnings.end(), made->warnings.begin(), made->warnings.end());
    }
    datasets.push_back(dataset);
    cuts.push_back({std::move(dataset), std::move(planned)});
  }
  call.log.add("cuts", static_cast<std::int64_t>(cuts.size()));
  const bool any = std::ranges::any_of(
      cuts, [](const Planned& cut) { return std::holds_alternative<Plan>(cut.plan); });
  if (!any) return no_content(sentence_of(std::get<NoOverlap>(cuts.front().plan)), call);

  Packer packer(desk, context, day);
  auto body = output.output == Output::tar ? packer.tar(std::move(cuts))
                                           : packer.multi_fits(std::move(cuts));
  check_size(*body, desk.limits);
  http::Response response;
  response.add("Content-Type", output.content_type);
  response.add("Content-Disposition", fmt::format("attachment; filename=\"cutouts.{}\"",
                                                  output.output == Output::tar ? "tar" : "fits"));
  response.add("ETag", entity_tag(datasets, call.arguments, day));
  response.add("Accept-Ranges", "bytes");
  if (readers == site::Readers::some) site::make_private(response);
  std::ranges::sort(warnings);
  warnings.erase(std::unique(warnings.begin(), warnings.end()), warnings.end());
  for (const auto& warning : warnings) {
    response.add("Warning", fmt::format("299 - \"{}\"", warning));
  }
  response.body = std::move(body);
  return response;
}

}  // namespace soda::cutout
