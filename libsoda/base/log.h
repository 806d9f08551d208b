// One line per event, key=value, to standard error or to a file that is reopened on demand.
//
// A line is one write(2), so that lines of several processes do not mix. Values with blanks or
// quotes are quoted. Never log credentials. Nothing here throws: a log that cannot be written is no
// reason to fail a request.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace soda {

class LogLine {
 public:
  explicit LogLine(std::string_view event);
  LogLine& add(std::string_view key, std::string_view value);
  LogLine& add(std::string_view key, std::int64_t value);
  LogLine& add_milliseconds(std::string_view key, double milliseconds);
  const std::string& text() const noexcept { return text_; }

 private:
  void begin(std::string_view key);

  std::string text_;
};

// Where lines go, each with time, program and process. Owned by the program and made in the process
// that writes (after any fork); rooms get a reference or return their lines.
class Log {
 public:
  // Empty path: standard error.
  explicit Log(std::string path = {}, std::string_view program = {});
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(const LogLine& line) noexcept;
  void reopen() noexcept;

 private:
  std::string path_;
  std::string sender_;                 // "program[pid]"
  std::chrono::sys_seconds second_{};  // the one that `time_` tells
  std::string time_;
  int fd_ = 2;
};

}  // namespace soda
