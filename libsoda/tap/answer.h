// A query answered: the joint of the language (translate.h) and the data base (store/select.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dali/service.h"
#include "dali/table.h"
#include "store/select.h"
#include "tap/catalogue.h"
#include "tap/params.h"
#include "tap/site_tables.h"
#include "tap/translate.h"
#include "tap/uploads.h"

namespace soda::tap {

// What a process keeps between queries.
class Desk {
 public:
  explicit Desk(const dali::Context& context);

  SiteTables& tables() noexcept { return tables_; }
  store::Selector& selector() noexcept { return selector_; }
  const UploadLimits& upload_limits() const noexcept { return upload_limits_; }

 private:
  SiteTables tables_;
  store::Selector selector_;
  UploadLimits upload_limits_;
};

// One query, which has begun to run: whatever is wrong with it has been found. The desk must
// outlive it, and has one at a time.
class Answer {
 public:
  // Throws Failure. `source` is asked for uploads only.
  Answer(Desk& desk, const dali::Context& context, const Request& request,
         const store::Guards& guards, const UploadSource& source);

  // All but the rows. To be called once.
  xml::ResultTable table(const dali::Context& context);
  // To be called once. Throws Failure when a guard cuts the query.
  xml::Ending write_rows(dali::TableWriter& writer);
  std::int64_t rows() const noexcept { return rows_; }

 private:
  // Makes both, of one state of the archive.
  void begin(Desk& desk, const dali::Context& context, const store::Guards& guards);

  std::shared_ptr<const Catalogue> catalogue_;
  std::optional<store::Inquiry> inquiry_;
  Query query_;
  std::string text_;  // of the query
  std::int64_t limit_, rows_ = 0;
};

}  // namespace soda::tap
