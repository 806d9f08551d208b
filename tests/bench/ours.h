// soda-sync without its server: a request that is parsed already goes in, the body's bytes come out
// in memory.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dali/responder.h"

namespace bench {

class Ours {
 public:
  // The settings of a site whose archive has been ingested. Nothing is in memory yet.
  explicit Ours(const std::string& config_path);

  // Replaces `into`. Throws std::runtime_error unless the answer is 200.
  void cut(const soda::http::Request& request, std::vector<char>& into);
  soda::http::Request request(std::string_view query) const;

 private:
  soda::site::Config config_;
  std::shared_ptr<soda::store::Database> database_;
  soda::store::Holdings holdings_;
  soda::store::NoticeBoard notices_;
  soda::site::Access access_;
  soda::dali::Context context_;
  std::vector<soda::dali::Service> services_;
};

}  // namespace bench
