// What a VOTable's rows cost: libxml2's writer called for each cell (numbers by std::to_chars),
// our TABLEDATA, our BINARY2; the same 10,000 rows of 34 ObsCore-like columns, in memory, output
// thrown away. Rounds interleaved, CPU time of the thread, medians, as one line of JSON.
//
//     votable [ROUNDS [ROWS]]          all three, with ratios
//     votable --only NAME ROUNDS       one of them, without clocks: for perf and valgrind
#include "xml/votable.h"

#include <libxml/xmlwriter.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "base/text.h"

namespace {

using soda::Blocks;
using soda::Cell;
using soda::Column;
using soda::ColumnType;
using soda::xml::Serialization;

enum class Content { word, link, outline, number, round_number, count, nothing };

struct Shape {
  const char* name;
  Content content;
  double low, high;
};

// The mandatory columns of ObsCore and four more; half of the reals are round, as exposure times
// and filters' limits are.
constexpr std::array shapes = std::to_array<Shape>({
    {"dataproduct_type", Content::word, 5, 6},
    {"calib_level", Content::count, 0, 4},
    {"obs_collection", Content::word, 6, 12},
    {"obs_id", Content::word, 10, 20},
    {"obs_publisher_did", Content::link, 40, 60},
    {"access_url", Content::link, 80, 110},
    {"access_format", Content::word, 45, 46},
    {"access_estsize", Content::count, 100, 100000},
    {"target_name", Content::word, 4, 12},
    {"s_ra", Content::number, 0, 360},
    {"s_dec", Content::number, -90, 90},
    {"s_fov", Content::number, 0, 2},
    {"s_region", Content::outline, 4, 5},
    {"s_resolution", Content::round_number, 0, 3},
    {"s_xel1", Content::count, 100, 10000},
    {"s_xel2", Content::count, 100, 10000},
    {"t_min", Content::number, 50000, 60000},
    {"t_max", Content::number, 50000, 60000},
    {"t_exptime", Content::round_number, 0, 1000},
    {"t_resolution", Content::nothing, 0, 0},
    {"t_xel", Content::count, 1, 2},
    {"em_min", Content::round_number, 0, 1e-6},
    {"em_max", Content::round_number, 0, 1e-6},
    {"em_res_power", Content::nothing, 0, 0},
    {"em_xel", Content::count, 1, 2},
    {"o_ucd", Content::word, 10, 11},
    {"pol_states", Content::nothing, 0, 0},
    {"pol_xel", Content::count, 0, 1},
    {"facility_name", Content::word, 4, 10},
    {"instrument_name", Content::word, 4, 10},
    {"obs_title", Content::word, 30, 60},
    {"obs_release_date", Content::word, 19, 20},
    {"s_pixel_scale", Content::number, 0, 1},
    {"preview", Content::link, 80, 100},
});

bool is_text(Content content) {
  return content == Content::word || content == Content::link || content == Content::outline;
}

// The rows, their texts, and the columns that describe them.
class Table {
 public:
  explicit Table(std::size_t rows) : cells_(rows * shapes.size()), texts_(cells_.size()) {
    for (std::size_t i = 0; i < cells_.size(); ++i) cells_[i] = made(i, shapes[i % shapes.size()]);
    for (const Shape& shape : shapes) {
      Column column;
      column.name = shape.name;
      const bool whole = shape.content == Content::count;
      column.datatype = is_text(shape.content) ? "char" : whole ? "long" : "double";
      if (is_text(shape.content)) column.arraysize = "*";
      columns_.push_back(column);
    }
  }
  std::span<const Column> columns() const { return columns_; }
  std::size_t rows() const { return cells_.size() / shapes.size(); }
  std::span<const Cell> row(std::size_t i) const {
    return std::span(cells_).subspan(i * shapes.size(), shapes.size());
  }

 private:
  double between(double low, double high) {
    return std::uniform_real_distribution(low, high)(random_);
  }
  std::string text(const Shape& shape) {
    if (shape.content == Content::outline) {
      std::string outline = "Polygon ICRS";
      for (int i = 0; i < 8; ++i) {
        outline += ' ' + soda::to_text(std::round(between(0, 360) * 1e8) / 1e8);
      }
      return outline;
    }
    std::string made(static_cast<std::size_t>(between(shape.low, shape.high)), ' ');
    std::ranges::generate(made,
                          [this] { return "abcdefghijklmnopqrstuvwxyz/:-_."[random_() % 31]; });
    // The address of a data set has parameters.
    if (shape.content == Content::link) made[made.size() / 2] = '&';
    return made;
  }
  Cell made(std::size_t at, const Shape& shape) {
    switch (shape.content) {
      case Content::nothing:
        return {};
      case Content::count:
        return static_cast<std::int64_t>(between(shape.low, shape.high));
      case Content::number:
        return between(shape.low, shape.high);
      case Content::round_number:
        return std::round(between(0, 1000)) / 1000 * shape.high;
      default:
        return std::string_view(texts_[at] = text(shape));
    }
  }

  std::mt19937 random_{20260101};
  std::vector<Cell> cells_;
  std::vector<std::string> texts_;
  std::vector<Column> columns_;
};

// Bytes that came out.
std::size_t ours(const Table& table, Serialization serialization) {
  std::size_t bytes = 0;
  Blocks out([&bytes](std::string_view block) { bytes += block.size(); });
  soda::xml::VoTableWriter writer(
      out, serialization,
      {"", "", {}, soda::xml::fields_of({table.columns().begin(), table.columns().end()}), {}});
  for (std::size_t i = 0; i < table.rows(); ++i) writer.row(table.row(i));
  writer.finish({});
  out.flush();
  return bytes;
}

const xmlChar* cast(const char* text) { return reinterpret_cast<const xmlChar*>(text); }

void write_cell(xmlTextWriter* writer, const Cell& cell) {
  std::array<char, 40> number{};
  const char* content = number.data();
  if (const auto* text = std::get_if<std::string_view>(&cell)) {
    content = text->data();  // a whole std::string of ours: it ends in a zero
  } else if (const auto* real = std::get_if<double>(&cell)) {
    std::to_chars(number.data(), number.data() + number.size(), *real);
  } else if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
    std::to_chars(number.data(), number.data() + number.size(), *integer);
  }
  xmlTextWriterStartElement(writer, cast("TD"));
  xmlTextWriterWriteString(writer, cast(content));
  xmlTextWriterEndElement(writer);
}

std::size_t reference(const Table& table) {
  std::size_t bytes = 0;
  const auto count = [](void* total, const char*, int size) {
    *static_cast<std::size_t*>(total) += static_cast<std::size_t>(size);
    return size;
  };
  xmlOutputBuffer* out = xmlOutputBufferCreateIO(
      count, [](void*) { return 0; }, &bytes, nullptr);
  xmlTextWriter* writer = xmlNewTextWriter(out);
  xmlTextWriterStartDocument(writer, nullptr, "UTF-8", nullptr);
  xmlTextWriterStartElement(writer, cast("TABLEDATA"));
  for (std::size_t i = 0; i < table.rows(); ++i) {
    xmlTextWriterStartElement(writer, cast("TR"));
    for (const Cell& cell : table.row(i)) write_cell(writer, cell);
    xmlTextWriterEndElement(writer);
  }
  xmlTextWriterEndDocument(writer);
  xmlFreeTextWriter(writer);
  return bytes;
}

struct Contender {
  const char* name;
  std::function<std::size_t(const Table&)> run;
  std::vector<double> seconds;
  std::size_t bytes = 0;
};

double cpu_seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

std::array<Contender, 3> contenders() {
  return {{{"xmlTextWriter", reference, {}},
           {"tabledata", [](const Table& t) { return ours(t, Serialization::tabledata); }, {}},
           {"binary2", [](const Table& t) { return ours(t, Serialization::binary2); }, {}}}};
}

std::int64_t number_or(int argc, char** argv, int i, std::int64_t otherwise) {
  return i < argc ? std::max<std::int64_t>(soda::to_integer(argv[i]).value_or(otherwise), 1)
                  : otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  auto all = contenders();
  if (argc > 3 && std::string_view(argv[1]) == "--only") {
    const Table table(10000);
    for (const Contender& one : all) {
      if (std::string_view(argv[2]) != one.name) continue;
      for (std::int64_t i = number_or(argc, argv, 3, 1); i > 0; --i) one.run(table);
    }
    return 0;
  }
  const std::int64_t rounds = number_or(argc, argv, 1, 7);
  const Table table(static_cast<std::size_t>(number_or(argc, argv, 2, 10000)));
  for (std::int64_t round = 0; round < rounds; ++round) {
    for (Contender& one : all) {
      const double start = cpu_seconds();
      one.bytes = one.run(table);
      one.seconds.push_back(cpu_seconds() - start);
    }
  }
  const auto rows = static_cast<double>(table.rows());
  std::printf("{\"rows\": %zu, \"columns\": %zu", table.rows(), shapes.size());
  for (const Contender& one : all) {
    std::printf(", \"%s\": {\"us_per_row\": %.3f, \"bytes_per_row\": %.0f}", one.name,
                median(one.seconds) / rows * 1e6, static_cast<double>(one.bytes) / rows);
  }
  std::printf(", \"tabledata_gain\": %.2f, \"binary2_gain\": %.2f}\n",
              median(all[0].seconds) / median(all[1].seconds),
              median(all[1].seconds) / median(all[2].seconds));
  return 0;
}
