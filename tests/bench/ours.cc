#include "ours.h"

#include <fmt/format.h>

#include <cstring>
#include <stdexcept>

#include "cutout/service.h"

namespace bench {
namespace {

class Memory final : public soda::http::Sink {
 public:
  explicit Memory(std::vector<char>& into) : into_(into) {}
  void write(std::span<const iovec> pieces) override {
    for (const iovec& piece : pieces) {
      if (piece.iov_len > into_.size() - at_) throw std::runtime_error("a body is too long");
      std::memcpy(into_.data() + at_, piece.iov_base, piece.iov_len);
      at_ += piece.iov_len;
    }
  }

 private:
  std::vector<char>& into_;
  std::size_t at_ = 0;
};

}  // namespace

Ours::Ours(const std::string& config_path)
    : config_(soda::site::Config::load(config_path)),
      database_(std::make_shared<soda::store::Database>(config_.text("database"),
                                                        soda::store::Database::Mode::read_only)),
      holdings_(database_),
      notices_(*database_),
      access_(config_),
      context_{config_, holdings_, *database_, notices_, access_, "bench"},
      services_{soda::cutout::sync_service(context_)} {}

soda::http::Request Ours::request(std::string_view query) const {
  const std::string script = "SCRIPT_NAME=" + config_.mount() + "/sync";
  const std::string question = "QUERY_STRING=" + std::string(query);
  return soda::http::Request(
      std::vector<std::string_view>{"REQUEST_METHOD=GET", "PATH_INFO=", script, question});
}

void Ours::cut(const soda::http::Request& request, std::vector<char>& into) {
  soda::LogLine log("request");
  auto response = soda::dali::respond(context_, services_, request, log);
  auto* body = std::get_if<std::unique_ptr<soda::http::Body>>(&response.body);
  if (response.status != 200 || body == nullptr) {
    throw std::runtime_error(fmt::format("the answer is {}: {}", response.status, log.text()));
  }
  const std::int64_t size = (*body)->size();
  into.resize(static_cast<std::size_t>(size));
  Memory memory(into);
  (*body)->write(memory, 0, size);
}

}  // namespace bench
