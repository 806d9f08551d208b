#include "base/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "base/time.h"

namespace soda {

LogLine::LogLine(std::string_view event) : text_(event) {}

LogLine& LogLine::add(std::string_view key, std::string_view value) {
  const bool plain = !value.empty() && std::ranges::all_of(value, [](char c) {
    return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '=';
  });
  begin(key);
  // A request may be a megabyte; a line of the log may not.
  constexpr std::size_t limit = 400;
  if (plain && value.size() <= limit) {
    text_ += value;
  } else {
    text_.append(1, '"').append(quoted(value, limit)).append(1, '"');
  }
  return *this;
}

LogLine& LogLine::add(std::string_view key, std::int64_t value) {
  begin(key);
  text_ += std::to_string(value);
  return *this;
}

LogLine& LogLine::add_milliseconds(std::string_view key, double milliseconds) {
  begin(key);
  std::array<char, 400> digits;  // the largest double has 309 before the point
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(),
                                          milliseconds, std::chars_format::fixed, 3);
  text_.append(digits.data(), end);
  return *this;
}

void LogLine::begin(std::string_view key) { text_.append(1, ' ').append(key).append(1, '='); }

Log::Log(std::string path, std::string_view program)
    : path_(std::move(path)), sender_(fmt::format(" {}[{}] ", program, ::getpid())) {
  reopen();
}

Log::~Log() {
  if (fd_ > 2) ::close(fd_);
}

void Log::write(const LogLine& line) noexcept {
  try {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    if (now != second_) {
      time_ = iso8601_utc(now);
      second_ = now;
    }
    std::string text = time_;
    text.append(sender_).append(line.text()).append(1, '\n');
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
