#include "store/holder.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>

#include "base/failure.h"
#include "base/text.h"

namespace soda::store {
namespace {

std::optional<std::string> contents(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// proc(5), /proc/pid/stat: the name in parentheses may hold anything, so fields are counted behind
// the last one; the state is the first of them, the start time the twentieth. Empty: no such
// process, or only its corpse.
std::optional<std::int64_t> start_of(std::int64_t pid) {
  const auto text = contents(fmt::format("/proc/{}/stat", pid));
  if (!text) return std::nullopt;
  const std::size_t name_end = text->rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  const auto fields = split_blanks(std::string_view(*text).substr(name_end + 1));
  constexpr std::size_t state = 0, start = 19;
  if (fields.size() <= start || fields[state] == "Z" || fields[state] == "X") return std::nullopt;
  return to_integer(fields[start]);
}

std::string this_host() {
  const auto boot = contents("/proc/sys/kernel/random/boot_id");
  struct stat space {};
  if (!boot || ::stat("/proc/self/ns/pid", &space) != 0)
    throw Failure(FailureKind::unavailable, "The worker needs /proc to know the living.");
  return fmt::format("{}/{}", trim(*boot), space.st_ino);
}

}  // namespace

Holder this_process() {
  Holder self;
  self.host = this_host();
  self.pid = ::getpid();
  self.started = start_of(self.pid).value_or(0);
  return self;
}

bool is_alive(const Holder& holder) { return start_of(holder.pid) == holder.started; }

std::int64_t boot_milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::vector<std::int64_t> HolderWatch::dead(std::span<const Holder> holders,
                                            Clock::time_point now) {
  std::vector<std::int64_t> out;
  std::map<std::int64_t, Seen> seen;
  for (const Holder& holder : holders) {
    if (holder.host == self_.host) {
      if (!is_alive(holder)) out.push_back(holder.id);
      continue;
    }
    const auto known = seen_.find(holder.id);
    const bool moved = known == seen_.end() || known->second.beat != holder.beat;
    const Seen& latest =
        seen.emplace(holder.id, moved ? Seen{holder.beat, now} : known->second).first->second;
    if (now - latest.since > patience_) out.push_back(holder.id);
  }
  seen_ = std::move(seen);
  return out;
}

}  // namespace soda::store
