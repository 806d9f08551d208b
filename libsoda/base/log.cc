#include "base/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "base/time.h"

namespace soda {

LogLine::LogLine(std::string_view event) : text_(event) {}

LogLine& LogLine::add(std::string_view key, std::string_view value) {
  const bool plain = !value.empty() && std::ranges::all_of(value, [](char c) {
    return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '=';
  });
  text_ += ' ';
  text_ += key;
  text_ += '=';
  // A request may be a megabyte; a line of the log may not.
  constexpr std::size_t limit = 400;
  if (plain && value.size() <= limit) {
    text_ += value;
  } else {
    text_ += '"' + quoted(value, limit) + '"';
  }
  return *this;
}

LogLine& LogLine::add(std::string_view key, std::int64_t value) {
  fmt::format_to(std::back_inserter(text_), " {}={}", key, value);
  return *this;
}

LogLine& LogLine::add_milliseconds(std::string_view key, double milliseconds) {
  fmt::format_to(std::back_inserter(text_), " {}={:.3f}", key, milliseconds);
  return *this;
}

Log::Log(std::string path, std::string program)
    : path_(std::move(path)), program_(std::move(program)) {
  reopen();
}

Log::~Log() {
  if (fd_ > 2) ::close(fd_);
}

void Log::write(const LogLine& line) noexcept {
  try {
    const std::string text =
        fmt::format("{} {}[{}] {}\n", iso8601_utc(std::chrono::system_clock::now()), program_,
                    ::getpid(), line.text());
    // One write, so that lines of several processes do not mix; a full disk is no reason to fail a
    // request.
    [[maybe_unused]] const auto written = ::write(fd_, text.data(), text.size());
  } catch (const std::exception&) {
    // Out of memory while formatting: the line is lost, the request is not.
  }
}

void Log::reopen() noexcept {
  if (path_.empty()) return;
  const int fd = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return;  // keep the old one
  if (fd_ > 2) ::close(fd_);
  fd_ = fd;
}

}  // namespace soda
