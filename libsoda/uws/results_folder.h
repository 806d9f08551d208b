// Where results lie: those of items in bundles, FOLDER/JOB/.LEASE-NUMBER.bundle (uws/bundle.h), a
// package as FOLDER/JOB/NAME, and beside it, until it is whole, FOLDER/JOB/.NAME.part. What is
// named here has been judged before: job identifiers are the store's, names of results are checked
// by is_result_name.
//
// What the disk says is thrown as std::system_error with its errno.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace soda::uws {

// Letters, digits and "-_.", not beginning with a full stop, at most 200 characters.
bool is_result_name(std::string_view name);

// A file of results, begun under that lease; `number` is for who begins several. Begins with a full
// stop, as no result does.
std::string bundle_name(std::int64_t lease, std::int64_t number);
// A result of so many bytes is the last of its bundle: one that is the only one there is as good as
// a file of its own, and that file changes no more.
inline constexpr std::int64_t ends_bundle = std::int64_t{1} << 20;

class ResultsFolder {
 public:
  explicit ResultsFolder(std::string path) : path_(std::move(path)) {}

  std::string file(std::string_view job, std::string_view name) const;
  // The same; makes the job's folder.
  std::string place(std::string_view job, std::string_view name) const;
  // Where to write what becomes that result; nothing is there. `writer` tells those who may write
  // the same one at the same time from each other. Makes the job's folder.
  std::string part(std::string_view job, std::string_view name, std::int64_t writer) const;
  // The part becomes the result, in the place of an earlier one. Its size in bytes.
  std::int64_t keep(const std::string& part, std::string_view job, std::string_view name) const;
  // Bytes of that file; -1: there is none.
  std::int64_t size(std::string_view job, std::string_view name) const;
  // Returns when these files, and their names, outlive a loss of power.
  void make_durable(std::string_view job, std::span<const std::string> names) const;
  // Removes parts, and bundles that are none of `names`.
  void tidy(std::string_view job, std::span<const std::string> names) const;
  // Removes a job's folder with everything in it, at most `limit` files at a time: true when
  // nothing is left.
  bool clear(std::string_view job, std::size_t limit) const;
  // Jobs that have a folder.
  std::vector<std::string> jobs() const;

 private:
  std::string path_;
};

}  // namespace soda::uws
