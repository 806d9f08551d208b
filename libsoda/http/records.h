// Body bytes as FCGI_STDOUT records (FastCGI 1.0 section 3.3) written straight from the given
// memory to a connected socket, without copies.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "http/response.h"

namespace soda::http {

// Who says that the request is at its end (FCGI_END_REQUEST).
enum class Ending {
  by_library,      // libfcgi, in a record and a system call of its own
  with_last_byte,  // the call that carries the last byte of the body, when the sink knows how many
                   // come; else finish
};

class RecordSink : public Sink {
 public:
  // Writes at most `limit` body bytes for request `request_id` to `fd`, which stays the caller's.
  // `head` (status line and headers) goes out with the first write, or with finish.
  RecordSink(int fd, int request_id, std::string head, std::int64_t limit,
             Ending ending = Ending::by_library);

  // Throws ClientGone when the peer has closed; Failure(corrupt_data) when the kernel could not
  // read the memory (EFAULT: a mapped file has shrunk); Failure(internal) when more than `limit`
  // bytes come, before any of the excess is sent.
  void write(std::span<const iovec> pieces) override;
  using Sink::write;
  // To be called after the body: sends what has not gone yet of head and ending.
  void finish();

  std::int64_t sent() const noexcept {
    return sent_;
  }  // body bytes handed to the kernel in complete calls
  // True from the moment that a byte may have left: an error can no longer be answered.
  bool begun() const noexcept { return begun_; }

 private:
  // One system call takes at most IOV_MAX (1024) pieces; a record header is one of them.
  static constexpr std::size_t batch = 1024;
  using RecordHeader = std::array<unsigned char, 8>;

  void add_head();
  void add_ending();
  void add_record(unsigned char type, std::size_t content);
  void add_piece(const void* data, std::size_t size);
  void send_batch();

  int fd_;
  int request_id_;
  std::string head_;
  bool head_added_ = false;
  bool ended_ = false;
  std::int64_t limit_;
  Ending ending_;
  std::int64_t sent_ = 0;
  bool begun_ = false;
  std::size_t pieces_ = 0, headers_ = 0;
  std::array<iovec, batch> piece_;
  std::array<RecordHeader, batch> header_;
};

}  // namespace soda::http
