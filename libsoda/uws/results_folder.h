// Where results lie: FOLDER/JOB/NAME, and beside them, until they are whole, FOLDER/JOB/.NAME.part.
// What is named here has been judged before: job identifiers are the store's, names of results are
// checked by is_result_name.
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

class ResultsFolder {
 public:
  explicit ResultsFolder(std::string path) : path_(std::move(path)) {}

  std::string file(std::string_view job, std::string_view name) const;
  // Where to write what becomes that result; nothing is there. `writer` tells those who may write
  // the same one at the same time from each other. Makes the job's folder.
  std::string part(std::string_view job, std::string_view name, std::int64_t writer) const;
  // The part becomes the result, in the place of an earlier one. Its size in bytes.
  std::int64_t keep(const std::string& part, std::string_view job, std::string_view name) const;
  bool holds(std::string_view job, std::string_view name, std::int64_t size) const;
  // Returns when these results, and their names, outlive a loss of power.
  void make_durable(std::string_view job, std::span<const std::string> names) const;
  void remove_parts(std::string_view job) const;
  void remove(std::string_view job, std::string_view name) const;
  // Removes a job's folder with everything in it, at most `limit` files at a time: true when
  // nothing is left.
  bool clear(std::string_view job, std::size_t limit) const;
  // Jobs that have a folder.
  std::vector<std::string> jobs() const;

 private:
  std::string path_;
};

}  // namespace soda::uws
