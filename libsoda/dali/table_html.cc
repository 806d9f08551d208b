#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/text.h"
#include "dali/table_forms.h"

namespace soda::dali {
namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif; }
body { margin: 1.5em; }
h1 { font-size: 1.3em; }
table { border-collapse: collapse; font-size: .9em; }
th { position: sticky; top: 0; background: Canvas; text-align: left; vertical-align: bottom; }
th, td { padding: .25em .7em; border-bottom: 1px solid #8885; }
th small { display: block; font-weight: normal; opacity: .7; min-height: 1.4em; }
td { max-width: 22em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
td:hover { white-space: normal; overflow-wrap: anywhere; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
td img { display: block; height: 6em; }
tbody tr:hover { background: #8882; }
.warning { font-weight: bold; }
)";

enum class Show { text, number, link, picture };

Show show_of(const Column& column) {
  if (column.name == "preview") return Show::picture;
  if (column.ucd.starts_with("meta.ref.url") || column.name.ends_with("_url")) return Show::link;
  const bool is_text = column.datatype == "char" || column.datatype == "unicodeChar";
  return is_text ? Show::text : Show::number;
}

// Of other schemes ("javascript:") no link is made.
bool is_web_address(std::string_view text) {
  return starts_with_ignoring_case(text, "https://") || starts_with_ignoring_case(text, "http://");
}

class HtmlWriter final : public TableWriter {
 public:
  HtmlWriter(const xml::ResultTable& table, Blocks& out) : out_(out) {
    const std::string_view title = table.name.empty() ? "Table" : std::string_view(table.name);
    out_.append(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n<title>");
    escaped(title);
    out_.append("</title>\n<style>");
    out_.append(style);
    out_.append("</style>\n</head>\n<body>\n<h1>");
    escaped(title);
    out_.append("</h1>\n");
    if (!table.description.empty()) paragraph("", table.description);
    out_.append("<table>\n<thead>\n<tr>");
    for (std::size_t i = 0; i < table.fields.size(); ++i) {
      shown_.push_back({i, show_of(table.fields[i].column)});
    }
    // Not that of std::ranges, which clang++ 14 (check-fuzz) does not understand.
    std::stable_partition(shown_.begin(), shown_.end(),
                          [](const Shown& s) { return s.as == Show::picture; });
    for (const Shown& shown : shown_) head_cell(table.fields[shown.column].column);
    out_.append("</tr>\n</thead>\n<tbody>\n");
  }

  void row(std::span<const Cell> cells) override {
    check_cells(cells.size(), shown_.size());
    ++rows_;
    out_.append("<tr>");
    for (const auto& [column, as] : shown_) {
      out_.append(as == Show::number ? "<td class=\"n\">" : "<td>");
      write(cells[column], as);
      out_.append("</td>");
    }
    out_.append("</tr>\n");
  }

  void finish(const xml::Ending& ending) override {
    constexpr std::array<std::string_view, 3> sentences = {
        "", "This is not all: the answer was cut at the limit of rows.",
        "This is not all: the answer broke off."};
    out_.append("</tbody>\n</table>\n");
    paragraph("", rows_ == 1 ? "1 row." : std::to_string(rows_) + " rows.");
    if (ending.status != xml::Status::ok) {
      std::string told(sentences[static_cast<std::size_t>(ending.status)]);
      if (!ending.text.empty()) told += " (" + ending.text + ")";
      paragraph(" class=\"warning\"", told);
    }
    out_.append("</body>\n</html>\n");
  }

 private:
  void escaped(std::string_view text) { xml::append_escaped(out_, text); }

  void paragraph(std::string_view attributes, std::string_view text) {
    out_.append("<p");
    out_.append(attributes);
    out_.append(">");
    escaped(text);
    out_.append("</p>\n");
  }

  void head_cell(const Column& column) {
    out_.append("<th title=\"");
    escaped(column.description);
    out_.append("\">");
    escaped(column.name);
    out_.append("<small>");
    escaped(column.unit);
    out_.append("</small></th>");
  }

  void write(const Cell& cell, Show show) {
    if (const auto* text = std::get_if<std::string_view>(&cell)) {
      write_text(*text, show);
    } else if (const auto* real = std::get_if<double>(&cell)) {
      out_.append(to_text(*real));
    } else if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
      out_.number(*integer);
    }
  }

  void write_text(std::string_view text, Show show) {
    const bool is_address = (show == Show::link || show == Show::picture) && is_web_address(text);
    if (!is_address) return escaped(text);
    out_.append("<a href=\"");
    escaped(text);
    out_.append("\" rel=\"noopener\">");
    if (show == Show::picture) {
      out_.append("<img loading=\"lazy\" alt=\"preview\" src=\"");
      escaped(text);
      out_.append("\">");
    } else {
      escaped(text);
    }
    out_.append("</a>");
  }

  Blocks& out_;
  // Pictures first, whatever their place in the table: there are many columns.
  struct Shown {
    std::size_t column;
    Show as;
  };
  std::vector<Shown> shown_;
  std::int64_t rows_ = 0;
};

}  // namespace

std::unique_ptr<TableWriter> make_html_writer(const xml::ResultTable& table, Blocks& out) {
  return std::make_unique<HtmlWriter>(table, out);
}

}  // namespace soda::dali
