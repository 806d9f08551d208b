#include "tap/answer.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "base/failure.h"

namespace soda::tap {
namespace {

constexpr std::size_t longest_shown = std::size_t{1} << 16;  // bytes of a query in its answer

UploadLimits upload_limits_of(const site::Config& config) {
  UploadLimits limits;
  limits.file.bytes = config.integer("max_upload");
  limits.file.rows = limits.table.rows = config.integer("tap_upload_rows");
  return limits;
}

}  // namespace

Desk::Desk(const dali::Context& context)
    : selector_(context.config.text("database")),
      upload_limits_(upload_limits_of(context.config)) {}

Answer::Answer(Desk& desk, const dali::Context& context, const Request& request,
               const store::Guards& guards, const UploadSource& source)
    : text_(request.query), limit_(request.rows) {
  begin(desk, context, guards);
  if (const auto uploads = parse_uploads(request.uploads); !uploads.empty()) {
    auto extended = std::make_shared<Catalogue>(*catalogue_);
    take_uploads(uploads, source, desk.upload_limits(), *inquiry_, *extended);
    catalogue_ = std::move(extended);
  }
  query_ = translate(text_, *catalogue_);
  inquiry_->select(query_.sql, query_.bindings);
}

// A table may be replaced between the moment when its place is looked up and the snapshot.
void Answer::begin(Desk& desk, const dali::Context& context, const store::Guards& guards) {
  constexpr int most_attempts = 5;
  for (int attempt = 1; attempt <= most_attempts; ++attempt) {
    inquiry_.reset();
    catalogue_ = desk.tables().get(context);
    inquiry_.emplace(desk.selector(), guards);
    if (inquiry_->schema_version() == desk.tables().schema_version()) return;
    desk.tables().forget();
  }
  throw Failure(FailureKind::unavailable,
                "tables of the archive are being replaced; try again later");
}

xml::ResultTable Answer::table(const dali::Context& context) {
  xml::ResultTable table;
  if (query_.tables.size() == 1) table.name = table_name(*query_.tables.front());
  table.infos = {{"standardID", "ivo://ivoa.net/std/TAP", ""},
                 {"server_software", "libsoda/" + context.version, ""}};
  if (text_.size() <= longest_shown) table.infos.push_back({"QUERY", text_, ""});
  // Their metadata leave the query: a table is told once.
  table.fields = xml::fields_of(
      {std::move_iterator(query_.columns.begin()), std::move_iterator(query_.columns.end())});
  return table;
}

xml::Ending Answer::write_rows(dali::TableWriter& writer) {
  // MAXREC=0 asks for metadata; DALI 1.1 section 3.4.4 wants the mark then too.
  bool is_more = limit_ == 0;
  for (; rows_ < limit_ && inquiry_->next(); ++rows_) writer.row(inquiry_->row());
  if (limit_ > 0 && rows_ == limit_) is_more = inquiry_->next();
  if (!is_more) return {};
  return {xml::Status::overflow,
          fmt::format("cut short: there is more than MAXREC = {} asks for", limit_)};
}

}  // namespace soda::tap
