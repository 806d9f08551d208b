#include "http/unplanned.h"

#include <utility>

namespace soda::http {
namespace {

constexpr std::size_t most_held = 65536;

}  // namespace

bool UnplannedSink::hold(std::span<const iovec> pieces) {
  if (sink_ != nullptr || !held_.empty()) return false;
  std::size_t total = 0;
  for (const iovec& piece : pieces) total += piece.iov_len;
  if (total > most_held) return false;
  for (const iovec& piece : pieces)
    held_.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  return true;
}

void UnplannedSink::begin(std::int64_t content_length) {
  sink_ = &begin_(content_length);
  if (const std::string held = std::exchange(held_, {}); !held.empty()) sink_->write(held);
}

void UnplannedSink::write(std::span<const iovec> pieces) {
  if (hold(pieces)) return;
  if (sink_ == nullptr) begin(Body::unknown_size);
  sink_->write(pieces);
}

void UnplannedSink::finish() {
  if (sink_ == nullptr)
    begin(held_.empty() ? Body::unknown_size : static_cast<std::int64_t>(held_.size()));
  sink_->finish();
}

}  // namespace soda::http
