#include "http/records.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/failure.h"

namespace soda::http {
namespace {

// The largest multiple of 8 that the 16-bit length holds, so that no record needs padding bytes to
// keep alignment.
constexpr std::size_t record_limit = 65528;
// FastCGI 1.0 section 8.
constexpr unsigned char version = 1, type_end_request = 3, type_stdout = 6;
// Application status 0, FCGI_REQUEST_COMPLETE (section 5.5).
constexpr std::array<unsigned char, 8> end_of_request{};

bool is_departure(int error) {
  return error == EPIPE || error == ECONNRESET || error == ENOTCONN || error == ETIMEDOUT;
}

// A descriptor handed over in non-blocking mode must not become a busy loop.
void wait_writable(int fd) {
  pollfd waiting{fd, POLLOUT, 0};
  poll(&waiting, 1, -1);
}

[[noreturn]] void throw_send_error(int error) {
  if (is_departure(error)) throw ClientGone{};
  if (error == EFAULT) {
    throw Failure(FailureKind::corrupt_data,
                  "a file of the archive became shorter while it was read");
  }
  throw Failure(FailureKind::internal, "the connection to the web server failed: " +
                                           std::generic_category().message(error));
}

}  // namespace

RecordSink::RecordSink(int fd, int request_id, std::string head, std::int64_t limit, Ending ending)
    : fd_(fd), request_id_(request_id), head_(std::move(head)), limit_(limit), ending_(ending) {}

void RecordSink::write(std::span<const iovec> pieces) {
  std::size_t left = 0;
  const auto room = static_cast<std::size_t>(limit_ - sent_);
  for (const iovec& piece : pieces) {
    if (piece.iov_len > room - left) {
      throw Failure(FailureKind::internal, "a body wrote more than the " + std::to_string(limit_) +
                                               " bytes that it had announced");
    }
    left += piece.iov_len;
  }
  if (left == 0) return;
  const auto total = static_cast<std::int64_t>(left);
  add_head();
  std::size_t in_record = 0;
  for (const iovec& piece : pieces) {
    const char* data = static_cast<const char*>(piece.iov_base);
    std::size_t size = piece.iov_len;
    while (size > 0) {
      if (in_record == 0) {
        in_record = std::min(left, record_limit);
        add_record(type_stdout, in_record);
        left -= in_record;
      }
      const std::size_t slice = std::min(size, in_record);
      add_piece(data, slice);
      data += slice;
      size -= slice;
      in_record -= slice;
    }
  }
  if (sent_ + total == limit_) add_ending();
  send_batch();
  sent_ += total;
}

void RecordSink::finish() {
  add_head();
  add_ending();
  send_batch();
}

void RecordSink::add_head() {
  if (head_added_) return;
  head_added_ = true;
  std::size_t at = 0;
  while (at < head_.size()) {
    const std::size_t size = std::min(head_.size() - at, record_limit);
    add_record(type_stdout, size);
    add_piece(head_.data() + at, size);
    at += size;
  }
}

// The stream is closed by an empty record of its own (FastCGI 1.0 section 3.3).
void RecordSink::add_ending() {
  if (ended_ || ending_ == Ending::by_library) return;
  ended_ = true;
  add_record(type_stdout, 0);
  add_record(type_end_request, end_of_request.size());
  add_piece(end_of_request.data(), end_of_request.size());
}

void RecordSink::add_record(unsigned char type, std::size_t content) {
  if (pieces_ == batch) send_batch();
  header_[headers_] = {version,
                       type,
                       static_cast<unsigned char>(request_id_ >> 8),
                       static_cast<unsigned char>(request_id_ & 0xFF),
                       static_cast<unsigned char>(content >> 8),
                       static_cast<unsigned char>(content & 0xFF),
                       0,
                       0};
  piece_[pieces_++] = {header_[headers_].data(), header_[headers_].size()};
  ++headers_;
}

void RecordSink::add_piece(const void* data, std::size_t size) {
  if (pieces_ == batch) send_batch();
  piece_[pieces_++] = {const_cast<void*>(data), size};
}

void RecordSink::send_batch() {
  std::span<iovec> left(piece_.data(), pieces_);
  pieces_ = headers_ = 0;
  while (!left.empty()) {
    msghdr message{};
    message.msg_iov = left.data();
    message.msg_iovlen = left.size();
    const ssize_t count = sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) {
        wait_writable(fd_);
        continue;
      }
      throw_send_error(errno);
    }
    begun_ = begun_ || count > 0;
    auto gone = static_cast<std::size_t>(count);
    while (!left.empty() && gone >= left.front().iov_len) {
      gone -= left.front().iov_len;
      left = left.subspan(1);
    }
    if (gone > 0) {
      left.front().iov_base = static_cast<char*>(left.front().iov_base) + gone;
      left.front().iov_len -= gone;
    }
  }
}

}  // namespace soda::http
