#include "tap/uploads.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/failure.h"
#include "base/text.h"
#include "http/file_sink.h"
#include "tap/stored_table.h"
#include "xml/votable_reader.h"

namespace soda::tap {
namespace {

using dali::UploadedTable;

constexpr std::string_view schema_name = "TAP_UPLOAD";
constexpr std::size_t longest_name = 64;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_table_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && is_letter(name.front()) &&
         std::ranges::all_of(
             name, [](char c) { return is_letter(c) || c == '_' || (c >= '0' && c <= '9'); });
}

[[noreturn]] void refuse(std::string_view value) {
  throw Failure(FailureKind::usage,
                fmt::format("UPLOAD: NAME,param:PART or NAME,URL is expected, NAME being a letter "
                            "with letters, digits and _ after it, received \"{}\"",
                            quoted(value)),
                "UPLOAD");
}

UploadedTable parse_pair(std::string_view pair) {
  if (!is_table_name(trim(pair.substr(0, pair.find(','))))) refuse(pair);
  return dali::parse_upload(pair);
}

// The reader's sentences are about a table whose name it does not know.
Failure about(const UploadedTable& upload, const Failure& failure) {
  if (failure.parameter() == "UPLOAD") return failure;
  return {failure.kind(), fmt::format("UPLOAD {}: {}", upload.name, failure.what()), "UPLOAD"};
}

Table table_of(const UploadedTable& upload, std::span<const Column> columns,
               const store::TableForm& form) {
  Table table;
  table.schema = schema_name;
  table.name = upload.name;
  table.order = "{}.\"rowid\"";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    table.columns.push_back(stored_column(columns[i], i, form));
  }
  set_source(table, form);
  return table;
}

Table take(const UploadedTable& upload, const UploadSource& source, const UploadLimits& limits,
           store::Inquiry& inquiry) {
  try {
    const auto reader = xml::read_votable(source(upload), limits.file);
    store::TemporaryTable rows =
        inquiry.make_table("the upload " + upload.name, reader->columns(), limits.table);
    while (reader->next()) rows.add(reader->row());
    return table_of(upload, reader->columns(), rows.form());
  } catch (const Failure& failure) {
    throw about(upload, failure);
  }
}

}  // namespace

std::vector<UploadedTable> parse_uploads(const std::vector<std::string>& values) {
  std::vector<UploadedTable> uploads;
  for (const std::string& pair : dali::split_uploads(values)) uploads.push_back(parse_pair(pair));
  for (std::size_t i = 0; i < uploads.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (!equal_ignoring_case(uploads[i].name, uploads[j].name)) continue;
      throw Failure(FailureKind::usage,
                    fmt::format("UPLOAD: the name {} is given twice", uploads[i].name), "UPLOAD");
    }
  }
  return uploads;
}

ByteInput file_input(FileDescriptor file) {
  return [shared = std::make_shared<FileDescriptor>(std::move(file))](std::span<char> into) {
    return http::read_some(shared->get(), into);
  };
}

void take_uploads(const std::vector<UploadedTable>& uploads, const UploadSource& source,
                  const UploadLimits& limits, store::Inquiry& inquiry, Catalogue& catalogue) {
  if (uploads.empty()) return;
  catalogue.schemas.push_back({std::string(schema_name), "Tables of this query", ""});
  for (const UploadedTable& upload : uploads) {
    catalogue.tables.push_back(take(upload, source, limits, inquiry));
  }
}

}  // namespace soda::tap
