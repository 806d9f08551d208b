#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/binary_layout.h"
#include "base/text.h"
#include "dali/table_forms.h"

namespace soda::dali {
namespace {

constexpr std::string_view no_text = "\xEF\xBF\xBD";  // U+FFFD

bool is_control(char c) { return static_cast<unsigned char>(c) < ' '; }

// Control characters that are no white space make a text file a binary one.
bool is_no_text(char c) { return is_control(c) && c != '\t' && c != '\n' && c != '\r'; }

std::string_view csv_replacement(char c) {
  if (c == '"') return "\"\"";
  return is_no_text(c) ? no_text : std::string_view();
}

// RFC 4180 section 2; blanks at the ends, which readers like to drop, and an empty text, which is
// no NULL, are quoted too.
void write_csv_text(Blocks& out, std::string_view text) {
  const bool bare = !text.empty() && text.front() != ' ' && text.back() != ' ' &&
                    text.find_first_of(",\"\r\n\t") == std::string_view::npos;
  if (!bare) out.append("\"");
  append_replaced(out, text, csv_replacement);
  if (!bare) out.append("\"");
}

std::string_view tsv_replacement(char c) {
  if (c == '\t' || c == '\n' || c == '\r') return " ";
  return is_no_text(c) ? no_text : std::string_view();
}

void write_tsv_text(Blocks& out, std::string_view text) {
  append_replaced(out, text, tsv_replacement);
}

struct Delimited {
  std::string_view separator, line_end;
  void (*write_text)(Blocks&, std::string_view);
};
constexpr Delimited csv = {",", "\r\n", write_csv_text};
constexpr Delimited tsv = {"\t", "\n", write_tsv_text};

// How a form names what is no finite number.
struct SpecialNames {
  std::string_view nan, positive, negative;
};

// A float has fewer digits than the double it is handed over in.
enum class Width { single, full };
Width width_of(const Column& column) {
  return column.datatype == "float" ? Width::single : Width::full;
}

void write_real(Blocks& out, double value, Width width, const SpecialNames& names) {
  if (std::isfinite(value) && width == Width::single) {
    out.number(static_cast<float>(value));
  } else if (std::isfinite(value)) {
    out.number(value);
  } else {
    out.append(std::isnan(value) ? names.nan : value > 0 ? names.positive : names.negative);
  }
}

class DelimitedWriter final : public TableWriter {
 public:
  DelimitedWriter(const xml::ResultTable& table, Blocks& out, const Delimited& form)
      : out_(out), form_(form) {
    std::string_view separator;
    for (const xml::Field& field : table.fields) {
      widths_.push_back(width_of(field.column));
      out_.append(separator);
      form_.write_text(out_, field.column.name);
      separator = form_.separator;
    }
    out_.append(form_.line_end);
  }

  void row(std::span<const Cell> cells) override {
    check_cells(cells.size(), widths_.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) out_.append(form_.separator);
      write(cells[i], widths_[i]);
    }
    out_.append(form_.line_end);
  }
  void finish(const xml::Ending&) override {}

 private:
  void write(const Cell& cell, Width width) {
    if (const auto* text = std::get_if<std::string_view>(&cell)) {
      form_.write_text(out_, *text);
    } else if (const auto* real = std::get_if<double>(&cell)) {
      write_real(out_, *real, width, {"NaN", "+Inf", "-Inf"});
    } else if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
      out_.number(*integer);
    }
  }

  Blocks& out_;
  const Delimited& form_;
  std::vector<Width> widths_;
};

// "\u0000" to "\u001f" (RFC 8259 section 7).
constexpr auto json_controls = [] {
  constexpr std::string_view hex = "0123456789abcdef";
  std::array<std::array<char, 6>, 32> made{};
  for (std::size_t i = 0; i < made.size(); ++i) {
    made[i] = {'\\', 'u', '0', '0', hex[i >> 4], hex[i & 15]};
  }
  return made;
}();

std::string_view json_replacement(char c) {
  if (c == '"') return "\\\"";
  if (c == '\\') return "\\\\";
  if (!is_control(c)) return {};
  return {json_controls[static_cast<std::size_t>(c)].data(), 6};
}

void write_json_text(Blocks& out, std::string_view text) {
  out.append("\"");
  append_replaced(out, text, json_replacement);
  out.append("\"");
}

constexpr SpecialNames json_names = {"\"NaN\"", "\"Infinity\"", "\"-Infinity\""};

class JsonWriter final : public TableWriter {
 public:
  JsonWriter(const xml::ResultTable& table, Blocks& out) : out_(out) {
    out_.append("{\"metadata\": [");
    std::string_view separator = "\n";
    for (const xml::Field& field : table.fields) {
      out_.append(separator);
      write_column(field.column);
      const auto layout = layout_of(field.column);
      Member member{width_of(field.column), Member::As::value};
      if (layout && layout->is_list() && layout->element != Element::bit) {
        member.as = Member::As::list;
      } else if (field.column.datatype == "boolean") {
        member.as = Member::As::word;
      }
      members_.push_back(member);
      separator = ",\n";
    }
    out_.append("\n], \"data\": [");
  }

  void row(std::span<const Cell> cells) override {
    check_cells(cells.size(), members_.size());
    out_.append(has_rows_ ? ",\n[" : "\n[");
    has_rows_ = true;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) out_.append(",");
      const auto* text = std::get_if<std::string_view>(&cells[i]);
      if (text != nullptr && members_[i].as == Member::As::list) {
        write_list(*text);
      } else if (text != nullptr && members_[i].as == Member::As::word) {
        out_.append(*text);
      } else {
        write(cells[i], members_[i].width);
      }
    }
    out_.append("]");
  }

  void finish(const xml::Ending& ending) override {
    out_.append("\n], \"status\": ");
    write_json_text(out_, xml::status_name(ending.status));
    if (!ending.text.empty()) {
      out_.append(", \"message\": ");
      write_json_text(out_, ending.text);
    }
    out_.append("}\n");
  }

 private:
  void write_column(const Column& column) {
    const std::array<std::pair<std::string_view, const std::string*>, 8> members = {
        {{"name", &column.name},
         {"datatype", &column.datatype},
         {"arraysize", &column.arraysize},
         {"xtype", &column.xtype},
         {"unit", &column.unit},
         {"ucd", &column.ucd},
         {"utype", &column.utype},
         {"description", &column.description}}};
    std::string_view separator = "{";
    for (const auto& [key, value] : members) {
      if (value->empty()) continue;
      out_.append(separator);
      write_json_text(out_, key);
      out_.append(": ");
      write_json_text(out_, *value);
      separator = ", ";
    }
    out_.append("}");
  }

  // What is no number of JSON is a text.
  void write_list(std::string_view text) {
    out_.append("[");
    std::string_view separator;
    for (const std::string_view word : split_blanks(text)) {
      out_.append(separator);
      const auto value = to_double(word);
      if (const auto integer = to_integer(word)) {
        out_.number(*integer);
      } else if (value) {
        write_real(out_, *value, Width::full, json_names);
      } else {
        write_json_text(out_, word);
      }
      separator = ",";
    }
    out_.append("]");
  }

  void write(const Cell& cell, Width width) {
    if (const auto* text = std::get_if<std::string_view>(&cell)) {
      write_json_text(out_, *text);
    } else if (const auto* real = std::get_if<double>(&cell)) {
      write_real(out_, *real, width, json_names);
    } else if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
      out_.number(*integer);
    } else {
      out_.append("null");
    }
  }

  Blocks& out_;
  struct Member {
    Width width;
    enum class As { value, word, list } as;  // words of JSON: true, false
  };
  std::vector<Member> members_;
  bool has_rows_ = false;
};

}  // namespace

std::unique_ptr<TableWriter> make_csv_writer(const xml::ResultTable& table, Blocks& out) {
  return std::make_unique<DelimitedWriter>(table, out, csv);
}

std::unique_ptr<TableWriter> make_tsv_writer(const xml::ResultTable& table, Blocks& out) {
  return std::make_unique<DelimitedWriter>(table, out, tsv);
}

std::unique_ptr<TableWriter> make_json_writer(const xml::ResultTable& table, Blocks& out) {
  return std::make_unique<JsonWriter>(table, out);
}

}  // namespace soda::dali
