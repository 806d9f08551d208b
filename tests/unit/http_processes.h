// What tests of the server need beside its site: a child process, connections that wait, answers of
// later.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "fastcgi_client.h"
#include "http/response.h"

namespace processes {

using Clock = std::chrono::steady_clock;
using soda::http::Later;
using soda::http::Response;
using soda::http::text_response;

class Child {
 public:
  explicit Child(const std::function<void()>& work) : pid_(fork()) {
    if (pid_ == 0) {
      work();
      _exit(3);
    }
  }
  ~Child() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  // Exit status; -1 for a signal or when it does not end within the time.
  int wait(std::chrono::milliseconds patience) {
    const auto until = Clock::now() + patience;
    int status = 0;
    while (Clock::now() < until) {
      if (waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return -1;
  }

 private:
  pid_t pid_;
};

inline void wait_for(const std::string& file) {
  while (!std::filesystem::exists(file)) std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

inline fastcgi::Connection begun(const std::string& path, const char* name) {
  fastcgi::Connection connection(path);
  connection.begin({{"REQUEST_METHOD", "GET"}, {"SCRIPT_NAME", name}});
  connection.input("");
  return connection;
}

// User and system time of a process (proc(5), stat).
inline double processor_seconds(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string word;
  double ticks = 0;
  for (int field = 1; field <= 15 && file >> word; ++field) {
    if (field >= 14) ticks += std::stod(word);
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// An answer of later: "done" once the file `go` is there, "settled" after `patience`.
class Waiting : public Later {
 public:
  Waiting(std::string folder, std::chrono::milliseconds patience)
      : folder_(std::move(folder)), deadline_(Clock::now() + patience) {}
  std::optional<Response> poll() override {
    ++polls_;
    if (!std::filesystem::exists(folder_ + "/go")) return std::nullopt;
    return text_response(200, "done after " + std::to_string(polls_));
  }
  Response settle() override { return text_response(200, "settled"); }
  Clock::time_point deadline() const override { return deadline_; }

 private:
  std::string folder_;
  Clock::time_point deadline_;
  int polls_ = 0;
};

inline Response later(const std::string& folder, std::chrono::milliseconds patience) {
  Response response;
  response.status = 299;  // is not to be seen
  response.later = std::make_unique<Waiting>(folder, patience);
  return response;
}

}  // namespace processes
