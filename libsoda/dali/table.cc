#include "dali/table.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

#include "base/failure.h"
#include "dali/fault.h"
#include "dali/table_forms.h"
#include "fits/table_writer.h"

namespace soda::dali {
namespace {

// The short forms of VOTable's serialisations are those in use with TAP.
constexpr std::array formats = std::to_array<Format>({
    {"application/x-votable+xml", "votable"},
    {"text/xml", ""},
    {"application/x-votable+xml;serialization=TABLEDATA", "votable/td"},
    {"application/x-votable+xml;serialization=BINARY2", "votable/b2"},
    {"text/csv;header=present;charset=utf-8", "csv"},
    {"text/tab-separated-values;charset=utf-8", "tsv"},
    {"application/json", "json"},
    {"application/fits", "fits"},
    {"text/html;charset=utf-8", "html", "application/xhtml+xml"},
});
constexpr std::array<TableForm, formats.size()> forms = {
    TableForm::tabledata, TableForm::tabledata, TableForm::tabledata,
    TableForm::binary2,   TableForm::csv,       TableForm::tsv,
    TableForm::json,      TableForm::fits,      TableForm::html};

class VoTable final : public TableWriter {
 public:
  VoTable(Blocks& out, xml::Serialization serialization, xml::ResultTable table)
      : writer_(out, serialization, std::move(table)) {}
  void row(std::span<const Cell> cells) override { writer_.row(cells); }
  void finish(const xml::Ending& ending) override { writer_.finish(ending); }

 private:
  xml::VoTableWriter writer_;
};

class FitsTable final : public TableWriter {
 public:
  FitsTable(const xml::ResultTable& table, Blocks& out)
      : writer_(table.name, columns_of(table), out) {}
  void row(std::span<const Cell> cells) override { writer_.row(cells); }
  void finish(const xml::Ending& ending) override { writer_.finish(ending.text); }

 private:
  static std::vector<Column> columns_of(const xml::ResultTable& table) {
    std::vector<Column> columns;
    for (const xml::Field& field : table.fields) columns.push_back(field.column);
    return columns;
  }

  fits::TableWriter writer_;
};

bool can_tell_errors(TableForm form) {
  return form != TableForm::csv && form != TableForm::tsv && form != TableForm::fits;
}

// The sentence for the document; the log gets the whole truth.
std::string told(const std::exception& error, LogLine& log) {
  const auto* failure = dynamic_cast<const Failure*>(&error);
  const Failure shown =
      failure != nullptr ? *failure : Failure(FailureKind::internal, "internal error");
  log.add("kind", kind_name(shown.kind()));
  log.add(failure != nullptr ? "error" : "exception", error.what());
  return fault_text(shown, ErrorStyle::votable);
}

class TableBody final : public http::Body {
 public:
  TableBody(TableForm form, xml::ResultTable table, TableRows rows, LogLine& log)
      : form_(form), table_(std::move(table)), rows_(std::move(rows)), log_(log) {}

  std::int64_t size() const override { return unknown_size; }
  void write(http::Sink& sink, std::int64_t, std::int64_t) override {
    Blocks out([&sink](std::string_view block) { sink.write(block); });
    const auto writer = make_table_writer(form_, std::move(table_), out);
    writer->finish(write_rows(*writer, out));
    out.flush();
  }

 private:
  xml::Ending write_rows(TableWriter& writer, const Blocks& out) {
    try {
      return rows_(writer);
    } catch (const std::exception& error) {
      if (!out.begun() || !can_tell_errors(form_)) throw;
      return {xml::Status::error, told(error, log_)};
    }
  }

  TableForm form_;
  xml::ResultTable table_;
  TableRows rows_;
  LogLine& log_;
};

}  // namespace

std::span<const Format> table_formats() { return formats; }

TableForm table_form(std::size_t index) { return forms.at(index); }

void check_cells(std::size_t cells, std::size_t columns) {
  if (cells == columns) return;
  throw Failure(FailureKind::internal,
                fmt::format("a row of {} cells in a table of {} columns", cells, columns));
}

std::unique_ptr<TableWriter> make_table_writer(TableForm form, xml::ResultTable table,
                                               Blocks& out) {
  switch (form) {
    case TableForm::tabledata:
      return std::make_unique<VoTable>(out, xml::Serialization::tabledata, std::move(table));
    case TableForm::binary2:
      return std::make_unique<VoTable>(out, xml::Serialization::binary2, std::move(table));
    case TableForm::csv:
      return make_csv_writer(table, out);
    case TableForm::tsv:
      return make_tsv_writer(table, out);
    case TableForm::json:
      return make_json_writer(table, out);
    case TableForm::fits:
      return std::make_unique<FitsTable>(table, out);
    case TableForm::html:
      return make_html_writer(table, out);
  }
  throw Failure(FailureKind::internal, "no such form of a table");
}

http::Response table_response(const Choice& choice, xml::ResultTable table, TableRows rows,
                              LogLine& log) {
  const TableForm form = table_form(choice.index);
  http::Response response;
  response.add("Content-Type", choice.content_type);
  // The page shows what others wrote: nothing in it may run, only pictures are fetched.
  if (form == TableForm::html) {
    response.add("Content-Security-Policy",
                 "default-src 'none'; img-src http: https:; style-src 'unsafe-inline'");
  }
  response.body = std::make_unique<TableBody>(form, std::move(table), std::move(rows), log);
  return response;
}

}  // namespace soda::dali
