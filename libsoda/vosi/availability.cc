#include "vosi/availability.h"

#include <filesystem>
#include <system_error>

#include "base/failure.h"
#include "base/time.h"
#include "xml/writer.h"

namespace soda::vosi {
namespace {

void examine_store(const dali::Context& context, Availability& availability) {
  try {
    const bool empty = context.holdings.first(1).empty();
    availability.notes.push_back(empty ? "the archive holds nothing yet" : "accepting requests");
  } catch (const Failure& failure) {
    availability.available = false;
    availability.notes.push_back(failure.what());
  }
}

void examine_roots(const dali::Context& context, Availability& availability) {
  for (const auto& [name, folder] : context.config.data_roots()) {
    std::error_code error;
    if (std::filesystem::is_directory(folder, error)) continue;
    availability.available = false;
    availability.notes.push_back("the data root " + name + " is missing");
  }
}

}  // namespace

Availability examine(const dali::Context& context) {
  Availability availability;
  examine_store(context, availability);
  examine_roots(context, availability);
  return availability;
}

std::string availability_document(const Availability& availability,
                                  std::chrono::system_clock::time_point up_since) {
  xml::Writer document;
  document.start("vosi:availability")
      .attribute("xmlns:vosi", "http://www.ivoa.net/xml/VOSIAvailability/v1.0")
      .element("vosi:available", availability.available ? "true" : "false")
      .element("vosi:upSince", iso8601_utc(up_since));
  for (const std::string& note : availability.notes) document.element("vosi:note", note);
  return document.take();
}

}  // namespace soda::vosi
