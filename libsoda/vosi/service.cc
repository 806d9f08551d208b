#include "vosi/service.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "base/time.h"
#include "vosi/availability.h"
#include "vosi/capabilities.h"
#include "vosi/row.h"

namespace soda::vosi {
namespace {

using Clock = std::chrono::system_clock;

// What capabilities says changes with the settings and with the program: of several processes all
// say the same.
Clock::time_point last_change(const site::Config& config) {
  std::error_code error;
  const auto built = std::filesystem::last_write_time("/proc/self/exe", error);
  if (error) return config.modified();
  return std::max(config.modified(), std::chrono::time_point_cast<Clock::duration>(
                                         std::chrono::file_clock::to_sys(built)));
}

}  // namespace

std::vector<dali::Service> services(
    const Names& names, std::vector<dali::Service> all,
    std::function<std::vector<Example>(const dali::Context&)> examples) {
  dali::Service capabilities = row(names.capabilities, "ivo://ivoa.net/std/VOSI#capabilities");
  dali::Service availability = row(names.availability, "ivo://ivoa.net/std/VOSI#availability");
  dali::Service page = row(names.examples, "ivo://ivoa.net/std/DALI#examples");
  page.interface_type = "vr:WebBrowser";
  page.result_type = "";
  for (const dali::Service* own : {&capabilities, &availability, &page}) all.push_back(*own);
  const auto listed = std::make_shared<const std::vector<dali::Service>>(std::move(all));

  capabilities.handle = [listed](const dali::Context& context, const dali::Call&) {
    http::Response response =
        http::text_response(200, capabilities_document(context, *listed), "text/xml");
    response.add("Last-Modified", http_date(last_change(context.config)));
    return response;
  };
  availability.handle = [started = Clock::now()](const dali::Context& context, const dali::Call&) {
    http::Response response =
        http::text_response(200, availability_document(examine(context, started)), "text/xml");
    response.add("Cache-Control", "no-cache");
    return response;
  };
  page.handle = [listed, examples = std::move(examples)](const dali::Context& context,
                                                         const dali::Call&) {
    return http::text_response(
        200,
        examples_document(context.config.text("title"), context.config.base_url(), *listed,
                          examples(context)),
        "application/xhtml+xml");
  };
  return {std::move(capabilities), std::move(availability), std::move(page)};
}

}  // namespace soda::vosi
