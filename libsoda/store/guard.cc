#include "store/guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "store/connection.h"
#include "store/sql_call.h"

namespace soda::store {
namespace {

// Instructions of SQLite's machine between two looks at the clock: some 20 microseconds.
constexpr int instructions = 1000;
// What passes between looks of different entries is SQLite's up to this: the rest is the caller's.
constexpr std::chrono::microseconds between_entries(500);
constexpr std::chrono::milliseconds between_questions(5);

// What SQLite's compiler says of statements that are right, but too much for it.
struct Complaint {
  std::string_view word, sentence;
};
constexpr std::array complaints = {
    Complaint{"too many terms in compound SELECT",
              "the query has more than 500 SELECTs joined by UNION, EXCEPT or INTERSECT"},
    Complaint{"Expression tree is too large", "an expression of the query is nested too deeply"},
    Complaint{"parser stack overflow", "the query is nested too deeply"},
    Complaint{"too many SQL variables", "the query has too many literals"},
    Complaint{"tables in a join", "the query joins more than 64 tables"},
    Complaint{"too many FROM clause terms", "the query joins too many tables"},
    Complaint{"too many columns", "the query has too many columns"},
    Complaint{"too many arguments on function", "a function of the query has too many arguments"},
    Complaint{"too many references to", "the query refers to one table too often"},
    Complaint{"integer overflow", "a sum of whole numbers exceeds 64 bits"},
    Complaint{"LIKE or GLOB pattern too complex", "a pattern of the query is too long"},
};

[[noreturn]] void refuse(const std::string& sentence) {
  throw Failure(FailureKind::usage, sentence, "QUERY");
}

std::string seconds_of(std::chrono::milliseconds time) {
  return to_text(static_cast<double>(time.count()) / 1000);
}

}  // namespace

Guard::Guard(sqlite3* connection, Guards guards)
    : connection_(connection),
      guards_(std::move(guards)),
      heap_before_(sqlite3_hard_heap_limit64(-1)),
      last_(Clock::now()),
      asked_(last_) {
  // One limit for all connections of the process: what the others hold already is not counted.
  sqlite3_hard_heap_limit64(sqlite3_memory_used() + static_cast<sqlite3_int64>(guards_.memory));
  const auto look = [](void* self) { return static_cast<Guard*>(self)->over() ? 1 : 0; };
  sqlite3_progress_handler(connection_, instructions, look, this);
}

Guard::~Guard() {
  sqlite3_progress_handler(connection_, 0, nullptr, nullptr);
  sqlite3_hard_heap_limit64(heap_before_);
}

bool Guard::over() {
  const Clock::time_point now = Clock::now();
  const Clock::duration passed = now - last_;
  spent_ +=
      std::exchange(entered_, false) ? std::min<Clock::duration>(passed, between_entries) : passed;
  last_ = now;
  late_ = spent_ > guards_.time;
  if (guards_.cancelled && now - asked_ >= between_questions) {
    asked_ = now;
    cancelled_ = cancelled_ || guards_.cancelled();
  }
  return late_ || cancelled_;
}

void Guard::fail(int code) {
  switch (code & 0xff) {
    case SQLITE_INTERRUPT:
      if (cancelled_) throw Failure(FailureKind::unavailable, "The query was cancelled.");
      refuse(
          fmt::format("the query took longer than {} s and was ended; ask for less, or by "
                      "columns that have an index",
                      seconds_of(guards_.time)));
    case SQLITE_NOMEM:
      refuse(fmt::format("the query needs more memory than {} MiB and was ended",
                         guards_.memory >> 20));
    case SQLITE_FULL:
      refuse(
          fmt::format("the query needs more than {} MiB for sorting or temporary tables and was "
                      "ended",
                      guards_.scratch >> 20));
    case SQLITE_TOOBIG:
      refuse(fmt::format("a value of the query grows longer than is allowed: {} bytes",
                         longest_value));
    default:
      break;
  }
  const std::string_view said = sqlite3_errmsg(connection_);
  if (said.starts_with(refusal_mark)) refuse(std::string(said.substr(refusal_mark.size())));
  for (const Complaint& complaint : complaints) {
    if (said.find(complaint.word) != std::string_view::npos)
      refuse(std::string(complaint.sentence));
  }
  store::fail(code);
}

}  // namespace soda::store
