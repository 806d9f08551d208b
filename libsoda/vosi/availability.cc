#include "vosi/availability.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/failure.h"
#include "base/time.h"
#include "xml/writer.h"

namespace soda::vosi {
namespace {

namespace fs = std::filesystem;
using Time = Availability::Time;

constexpr std::uintmax_t megabyte = 1'000'000, least_free = 100 * megabyte;

void take_out(Availability& availability, std::string reason) {
  availability.available = false;
  availability.notes.push_back(std::move(reason));
}

void examine_notice(const dali::Context& context, Time now, Availability& availability) {
  const auto& notice = context.notices.last();
  if (!notice) return;
  if (notice->has_ended(now)) {
    availability.up_since = std::max(*availability.up_since, *notice->until);
    return;
  }
  availability.back_at = notice->until;
  if (notice->in_effect(now)) {
    take_out(availability, notice->reason);
  } else {
    availability.down_at = notice->from;
    availability.notes.push_back(notice->reason);
  }
}

void examine_store(const dali::Context& context, Time now, Availability& availability) {
  try {
    examine_notice(context, now, availability);
    if (context.holdings.empty()) {
      availability.notes.emplace_back("the archive holds nothing yet");
    }
  } catch (const Failure& failure) {
    take_out(availability, failure.what());
  }
}

void examine_roots(const dali::Context& context, Availability& availability) {
  for (const auto& [name, folder] : context.config.data_roots()) {
    std::error_code error;
    if (!fs::is_directory(folder, error)) {
      take_out(availability, fmt::format("the data root {} is missing", name));
    } else if (::access(folder.c_str(), R_OK | X_OK) != 0) {
      take_out(availability, fmt::format("the data root {} may not be read", name));
    }
  }
}

// Where a disk cannot be asked, nothing is known of it: what is missing there is found by others.
void examine_disk(const fs::path& folder, std::string_view holder, Availability& availability) {
  if (folder.empty()) return;
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (error) return;
  if (auto note = shortage(holder, space.available, space.capacity)) {
    availability.notes.push_back(std::move(*note));
  }
}

}  // namespace

Availability examine(const dali::Context& context, Time started) {
  Availability availability;
  availability.up_since = started;
  const site::Config& config = context.config;
  examine_store(context, std::chrono::system_clock::now(), availability);
  examine_roots(context, availability);
  examine_disk(fs::path(config.text("database")).parent_path(), "data base", availability);
  examine_disk(config.text("cache_folder"), "cache", availability);
  if (!availability.available) availability.up_since.reset();
  if (availability.notes.empty()) availability.notes.emplace_back("accepting requests");
  return availability;
}

std::optional<std::string> shortage(std::string_view holder, std::uintmax_t free_bytes,
                                    std::uintmax_t capacity) {
  if (free_bytes >= std::max(least_free, capacity / 100)) return std::nullopt;
  return fmt::format("the disk of the {} is nearly full: {} MB are free", holder,
                     free_bytes / megabyte);
}

std::string availability_document(const Availability& availability) {
  xml::Writer document;
  document.start("vosi:availability")
      .attribute("xmlns:vosi", "http://www.ivoa.net/xml/VOSIAvailability/v1.0")
      .element("vosi:available", availability.available ? "true" : "false");
  const auto time = [&](std::string_view name, const std::optional<Time>& when) {
    if (when) document.element(name, iso8601_utc(*when));
  };
  time("vosi:upSince", availability.up_since);
  time("vosi:downAt", availability.down_at);
  time("vosi:backAt", availability.back_at);
  for (const std::string& note : availability.notes) document.element("vosi:note", note);
  return document.take();
}

}  // namespace soda::vosi
