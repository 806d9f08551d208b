// What holds a statement from outside to its bounds of time and memory while SQLite runs it, and
// says which it met. Private to the room.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <string>
#include <string_view>

#include "store/select.h"

namespace soda::store {

inline constexpr int longest_value = 4 << 20;  // bytes of a text or blob

// Lives as long as an Inquiry. Time is that within SQLite, not what the caller does between two
// rows: a client that reads slowly is no slow query.
class Guard {
 public:
  Guard(sqlite3* connection, Guards guards);
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  const Guards& guards() const noexcept { return guards_; }
  // At each entry into SQLite.
  void enter() noexcept { entered_ = true; }
  // For functions that run long by themselves: true when the statement must end.
  bool over();
  // Turns the result of an entry into SQLite into a Failure.
  [[noreturn]] void fail(int code);

 private:
  using Clock = std::chrono::steady_clock;

  sqlite3* connection_;
  Guards guards_;
  sqlite3_int64 heap_before_;
  Clock::time_point last_, asked_;
  Clock::duration spent_{};
  bool entered_ = true, cancelled_ = false, late_ = false;
};

}  // namespace soda::store
