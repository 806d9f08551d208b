// A kind of job that does nothing of use, for tests of the engine: each item is some bytes that
// only its number decides. Parameters, all whole numbers:
//   ITEMS, BYTES (of each, 1000), GROUP (items that share a file, 1), SLEEP (ms an item);
//   EMPTY, FAIL, CRASH, GREEDY: the number of the item that has no content, throws, dies by a
//   signal, wants 4 GB of memory; PLAN=1: planning throws, 2: it dies; PACKAGE (a name): all items
//   one behind the other.
// ONCE (a file's name): CRASH only while that does not exist, and makes it.
#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "base/failure.h"
#include "base/handle.h"
#include "base/text.h"
#include "dali/work.h"
#include "http/file_sink.h"
#include "site/access.h"
#include "site/config.h"
#include "store/holdings.h"
#include "store/notice.h"
#include "uws/engine.h"

namespace toy {

using soda::Failure;
using soda::FailureKind;
using soda::store::Item;
using soda::store::Job;

inline std::string text(const Job& job, std::string_view name) {
  for (const auto& [key, value] : job.parameters) {
    if (key == name) return value;
  }
  return {};
}
inline std::int64_t number(const Job& job, std::string_view name, std::int64_t otherwise = 0) {
  return soda::to_integer(text(job, name)).value_or(otherwise);
}

inline std::string content(std::int64_t item, std::int64_t bytes) {
  std::string out(static_cast<std::size_t>(bytes), '\0');
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<char>('a' + (static_cast<std::size_t>(item) * 7 + i) % 26);
  return out;
}

// As a decoder would, past any handler of the test's frame.
inline void die() {
  ::signal(SIGSEGV, SIG_DFL);
  ::raise(SIGSEGV);
}

// In pieces, so that a kill finds it half done.
inline void write_slowly(soda::http::Sink& sink, std::string_view bytes) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(bytes.size(), 256)))
    sink.write(bytes.substr(0, 256));
}

class Work : public soda::dali::Work {
 public:
  void check(const soda::dali::Context&, const Job&) override {}

  soda::dali::Plan plan(const soda::dali::Context&, const Job& job) override {
    if (number(job, "PLAN") == 1) throw Failure(FailureKind::usage, "PLAN: not this.", "PLAN");
    if (number(job, "PLAN") == 2) die();
    soda::dali::Plan plan;
    plan.package = text(job, "PACKAGE");
    const std::int64_t group = number(job, "GROUP", 1);
    for (std::int64_t i = 1; i <= number(job, "ITEMS"); ++i) {
      Item item;
      item.number = i;
      item.name = fmt::format("toy-{}", i);
      item.group = fmt::format("{}", i / group);
      plan.items.push_back(item);
    }
    return plan;
  }

  Item run(const soda::dali::Context&, const Job& job, const Item& item,
           soda::http::Sink& result) override {
    Item made = item;
    made.state = Item::State::done;
    made.media_type = "text/plain";
    if (number(job, "SLEEP") > 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(number(job, "SLEEP")));
    if (number(job, "FAIL") == item.number) throw Failure(FailureKind::usage, "FAIL: asked for.");
    if (number(job, "GREEDY") == item.number) std::vector<char>(std::size_t{4} << 30, 'x');
    if (number(job, "EMPTY") == item.number) {
      made.state = Item::State::empty;
      made.reason = "nothing there";
      write_slowly(result, "NoContent: nothing there\n");
      return made;
    }
    const std::string bytes = content(item.number, number(job, "BYTES", 1000));
    const bool crashes = number(job, "CRASH") == item.number && may_crash(job);
    write_slowly(result, crashes ? std::string_view(bytes).substr(0, bytes.size() / 2) : bytes);
    if (crashes) die();
    return made;
  }

  std::string pack(const soda::dali::Context&, const Job&, std::span<const soda::dali::Made> made,
                   const std::string& path) override {
    std::string all;
    for (const auto& one : made) {
      if (one.path.empty()) continue;
      std::ifstream file(one.path, std::ios::binary);
      std::string bytes(static_cast<std::size_t>(one.item.size), '\0');
      file.seekg(one.item.start).read(bytes.data(), one.item.size);
      all += bytes;
    }
    soda::http::FileSink file(soda::http::new_file(path));
    write_slowly(file, all);
    return "application/octet-stream";
  }

 private:
  static bool may_crash(const Job& job) {
    const std::string once = text(job, "ONCE");
    return once.empty() || soda::FileDescriptor(::open(once.c_str(), O_CREAT | O_EXCL, 0666));
  }
};

// No archive at all: toy work asks for none.
inline void equip(const std::function<void(const soda::uws::Workshop&)>& use) {
  const auto config = soda::site::Config::parse("", "none");
  const auto database = std::make_shared<soda::store::Database>(
      "/nowhere/archive.sqlite", soda::store::Database::Mode::read_only);
  soda::store::Holdings holdings(database);
  soda::store::NoticeBoard notices(*database);
  soda::site::Access access(config);
  const soda::dali::Context context{config, holdings, *database, notices, access, "0"};
  soda::uws::Kinds kinds;
  kinds.emplace("toy", std::make_unique<Work>());
  use({context, kinds});
}

}  // namespace toy
