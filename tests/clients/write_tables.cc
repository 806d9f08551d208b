// write_tables SEED ROWS FOLDER: random cells, with all that is nasty in texts and numbers, in
// every form of a table, and what the cells are in a form of its own, for clients/tables.py.
//
// FOLDER/truth has a line for each row, cells between blanks: "-" NULL, "t" and the text's bytes in
// hexadecimal, "i" and the integer, "d" and the bits of the double in hexadecimal.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <fstream>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/text.h"
#include "dali/fault.h"
#include "dali/table.h"
#include "vosi/tables.h"

namespace {

using namespace soda;

struct Declared {
  const char *name, *datatype, *xtype, *unit, *ucd, *utype, *description;
};
constexpr Declared declared[] = {
    {"obs_publisher_did", "char", "", "", "meta.ref.ivoid", "obscore:Curation.publisherDID",
     "Identifier"},
    {"obs_title", "unicodeChar", "", "", "meta.title;obs", "obscore:DataID.title",
     "<Title> & more"},
    {"calib_level", "int", "", "", "meta.code;obs.calib", "obscore:ObsDataset.calibLevel", ""},
    {"access_estsize", "long", "", "kbyte", "phys.size;meta.file", "obscore:Access.size", ""},
    {"s_ra", "double", "", "deg", "pos.eq.ra",
     "obscore:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1", ""},
    {"s_region", "char", "adql:REGION", "", "pos.outline;obs.field",
     "obscore:Char.SpatialAxis.Coverage.Support.Area", ""},
    {"t_min", "double", "", "d", "time.start;obs.exposure",
     "obscore:Char.TimeAxis.Coverage.Bounds.Limits.StartTime", ""},
    {"t_xel", "long", "", "", "meta.number", "obscore:Char.TimeAxis.numBins", ""},
    {"preview", "char", "", "", "meta.ref.url;meta.preview", "", "Picture"},
};

std::vector<Column> columns() {
  std::vector<Column> made;
  for (const Declared& row : declared) {
    Column column;
    column.name = row.name;
    column.datatype = row.datatype;
    const bool is_text = column.datatype == "char" || column.datatype == "unicodeChar";
    if (is_text) column.arraysize = "*";
    column.type = is_text                       ? ColumnType::text
                  : column.datatype == "double" ? ColumnType::real
                                                : ColumnType::integer;
    column.xtype = row.xtype;
    column.unit = row.unit;
    column.ucd = row.ucd;
    column.utype = row.utype;
    column.description = row.description;
    made.push_back(column);
  }
  return made;
}

// Rows are drawn one after the other, the same ones again after each restart.
class Draw {
 public:
  Draw(unsigned seed, const std::vector<Column>& columns)
      : random_(seed), columns_(columns), texts_(columns.size()), cells_(columns.size()) {}

  const std::vector<Cell>& row() {
    for (std::size_t i = 0; i < cells_.size(); ++i) cells_[i] = cell(i);
    return cells_;
  }

 private:
  bool one_in(unsigned n) { return random_() % n == 0; }

  Cell cell(std::size_t i) {
    if (one_in(7)) return {};
    if (columns_[i].type == ColumnType::real) return real();
    if (columns_[i].type == ColumnType::integer) return integer(columns_[i]);
    texts_[i] = text(columns_[i]);
    return std::string_view(texts_[i]);
  }

  double real() {
    using Limits = std::numeric_limits<double>;
    constexpr double odd[] = {0.0,
                              -0.0,
                              Limits::infinity(),
                              -Limits::infinity(),
                              Limits::max(),
                              Limits::min(),
                              Limits::lowest(),
                              Limits::denorm_min(),
                              1e22,
                              123456789012.0,
                              0.1,
                              1.0 / 3};
    if (one_in(4)) return odd[random_() % std::size(odd)];
    if (one_in(3)) return std::uniform_real_distribution(0.0, 360.0)(random_);
    const auto bits = std::bit_cast<double>(std::uint64_t{random_()} << 32 | random_());
    return bits == bits ? bits : Limits::quiet_NaN();
  }

  std::int64_t integer(const Column& column) {
    using Limits = std::numeric_limits<std::int64_t>;
    const auto draw = static_cast<std::int64_t>(std::uint64_t{random_()} << 32 | random_());
    if (column.datatype == "int") return draw % (std::int64_t{1} << 31);
    return one_in(5) ? (one_in(2) ? Limits::min() : Limits::max()) : draw >> (random_() % 63);
  }

  std::string text(const Column& column) {
    constexpr const char* nasty[] = {"<",    "&",     ">",    "\"",       "'",   "]]>",
                                     "<!--", "&amp;", ",",    ";",        "\t",  "\n",
                                     " ",    "\\",    "=1+1", "<script>", "%00", "''"};
    constexpr const char* wide[] = {"\xC3\xA9",        "\xE2\x82\xAC", "\xF0\x9F\x94\xAD",
                                    "\xEF\xBF\xBD",    "\xE2\x80\xA8", "\xD7\x90",
                                    "\xF4\x8F\xBF\xBD"};
    std::string made;
    const std::size_t pieces = one_in(200) ? random_() % 40'000 : random_() % 25;
    while (made.size() < pieces) {
      if (one_in(4)) {
        made += nasty[random_() % std::size(nasty)];
      } else if (column.datatype == "unicodeChar" && one_in(3)) {
        made += wide[random_() % std::size(wide)];
      } else {
        made += static_cast<char>('!' + random_() % 94);
      }
    }
    return made;
  }

  std::mt19937 random_;
  const std::vector<Column>& columns_;
  std::vector<std::string> texts_;
  std::vector<Cell> cells_;
};

void write_file(const std::string& path, std::string_view text) {
  if (!(std::ofstream(path, std::ios::binary) << text)) throw std::runtime_error(path);
}

std::string truth_of(const Cell& cell) {
  if (const auto* text = std::get_if<std::string_view>(&cell)) {
    std::string hex = "t";
    for (const char c : *text) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return hex;
  }
  if (const auto* real = std::get_if<double>(&cell)) {
    return fmt::format("d{:016x}", std::bit_cast<std::uint64_t>(*real));
  }
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return fmt::format("i{}", *integer);
  return "-";
}

xml::ResultTable table_of(const std::vector<Column>& columns) {
  xml::ServiceDescriptor links;
  links.id = "links";
  links.access_url = "https://example.org/vo/links";
  links.standard_id = "ivo://ivoa.net/std/DataLink#links-1.1";
  xml::Input id;
  id.column.name = "ID";
  id.column.datatype = "char";
  id.column.arraysize = "*";
  id.ref = "obs_publisher_did";
  links.inputs = {id};
  return {"ivoa.obscore",
          "All that is nasty",
          {{"standardID", "ivo://ivoa.net/std/SIA", ""}},
          xml::fields_of(columns),
          {links}};
}

void write_all(unsigned seed, std::int64_t rows, const std::string& folder) {
  const std::vector<Column> all = columns();
  const std::pair<dali::TableForm, const char*> forms[] = {
      {dali::TableForm::tabledata, "tabledata.xml"}, {dali::TableForm::binary2, "binary2.xml"},
      {dali::TableForm::csv, "table.csv"},           {dali::TableForm::tsv, "table.tsv"},
      {dali::TableForm::json, "table.json"},         {dali::TableForm::html, "table.html"}};
  for (const auto& [form, name] : forms) {
    std::ofstream file(folder + "/" + name, std::ios::binary);
    Blocks out([&file](std::string_view block) { file << block; });
    const auto writer = dali::make_table_writer(form, table_of(all), out);
    Draw draw(seed, all);
    for (std::int64_t i = 0; i < rows; ++i) writer->row(draw.row());
    writer->finish({xml::Status::overflow, "cut at the limit"});
    out.flush();
  }
  std::string truth;
  Draw draw(seed, all);
  for (std::int64_t i = 0; i < rows; ++i) {
    for (const Cell& cell : draw.row()) truth += truth_of(cell) + " ";
    truth.back() = '\n';
  }
  write_file(folder + "/truth", truth);
}

void write_documents(const std::string& folder) {
  vosi::Table table{"ivoa", "ivoa.obscore", "view", "Data & more", "ivo://x#table", {}};
  for (const Column& column : columns()) {
    table.columns.push_back({column, !column.utype.empty(), column.name == "s_ra"});
  }
  const vosi::TableSet set{{{"ivoa", "", ""}}, {table}};
  write_file(folder + "/tables.xml", vosi::tables_document(set, vosi::Detail::full));
  write_file(folder + "/names.xml", vosi::tables_document(set, vosi::Detail::minimal));
  write_file(folder + "/empty.xml", vosi::tables_document({}, vosi::Detail::full));
  write_file(folder + "/table.xml", vosi::table_document(table));
  const auto refused = dali::fault_response(Failure(FailureKind::usage, "POS: 3 numbers < 4"),
                                            {.style = dali::ErrorStyle::votable});
  write_file(folder + "/error.xml", std::get<std::string>(refused.body));
}

}  // namespace

int main(int argc, char** argv) {
  const auto seed = argc == 4 ? to_integer(argv[1]) : std::nullopt;
  const auto rows = argc == 4 ? to_integer(argv[2]) : std::nullopt;
  if (!seed || !rows) {
    std::fputs("write_tables SEED ROWS FOLDER\n", stderr);
    return 2;
  }
  write_all(static_cast<unsigned>(*seed), *rows, argv[3]);
  write_documents(argv[3]);
  return 0;
}
