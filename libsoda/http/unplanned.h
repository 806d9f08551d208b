// A body of unknown length on its way out: when it turns out to be short, it goes as one of known
// length does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "http/records.h"
#include "http/response.h"

namespace soda::http {

// Keeps the first write back, when that is no longer than a record. If it was the only one, the
// answer has a Content-Length and goes out in one call; what fails before the second can still be
// answered with an error.
class UnplannedSink final : public Sink {
 public:
  // Makes the sink of the answer; its head says that the body has so many bytes, or
  // Body::unknown_size. The sink must outlive this one.
  using Begin = std::function<RecordSink&(std::int64_t content_length)>;
  explicit UnplannedSink(Begin begin) : begin_(std::move(begin)) {}

  void write(std::span<const iovec> pieces) override;
  using Sink::write;
  // To be called after the body. A body without any byte says nothing of its length: the web server
  // may put a file in its place.
  void finish();

 private:
  bool hold(std::span<const iovec> pieces);
  void begin(std::int64_t content_length);

  Begin begin_;
  RecordSink* sink_ = nullptr;
  std::string held_;
};

}  // namespace soda::http
