// Where a child writes the results of a job's items: one behind the other into one file, so that a
// thousand small results do not cost a thousand files. Nobody looks into a bundle but at the bytes
// that the store names (store::Item: file, start, size), and these are written before it names
// them; what lies between, of children that died at work, is never read.
//
// A bundle has one writer, and its name is no other's.
// What the disk says is thrown as std::system_error with its errno.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "http/file_sink.h"
#include "uws/results_folder.h"

namespace soda::uws {

class Bundle final : public http::Sink {
 public:
  // Makes the job's folder, and an empty file in it.
  Bundle(const ResultsFolder& folder, std::string_view job, std::string name);
  ~Bundle() override;  // one that has no results goes

  const std::string& name() const noexcept { return name_; }
  bool is_empty() const noexcept { return is_empty_; }
  using http::Sink::write;
  void write(std::span<const iovec> pieces) override;

  struct Extent {
    std::int64_t start = 0, size = 0;
  };
  // What was written since the last result is the next one.
  Extent keep();
  // What was written since the last result goes, and its room on the disk with it.
  void drop();
  // Asks the disk to write what there is; does not wait.
  void begin_writing() const noexcept;
  // Whether the job's next result is to go here: not when there is much already, or when somebody
  // has removed the file.
  bool takes_more(std::string_view job) const;

 private:
  std::string job_, name_, path_;
  http::FileSink file_;
  std::int64_t kept_ = 0, written_ = 0;  // bytes: of results, and of what comes to be one
  bool is_empty_ = true, is_closed_ = false;
};

}  // namespace soda::uws
