#include "store/rows.h"

#include <bit>
#include <cstring>

#include "base/failure.h"
#include "base/text.h"

namespace soda::store {
namespace {

[[noreturn]] void damaged() {
  throw Failure(FailureKind::unavailable,
                "The archive's data base is damaged: a row cannot be understood.");
}

std::optional<double> real_of(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.real(column);
}

std::vector<AuxiliaryArray> read_arrays(Database& database, std::int64_t file, int hdu) {
  Statement row = database.prepare(
      "SELECT extname, extver, extlevel, column_name, row_number, shape, array_values, cards FROM "
      "auxiliary "
      "WHERE file = ?1 AND hdu = ?2 ORDER BY number");
  row.bind(1, file).bind(2, std::int64_t{hdu});
  std::vector<AuxiliaryArray> arrays;
  while (row.step()) {
    AuxiliaryArray& array = arrays.emplace_back();
    array.extname = row.text(0);
    array.extver = row.integer(1);
    array.extlevel = row.integer(2);
    array.column = row.text(3);
    array.row = row.integer(4);
    array.shape = list_of(row.text(5));
    array.values = doubles_of(row.blob(6));
    array.cards = row.text(7);
  }
  return arrays;
}

struct ObsCoreReader {
  const Statement& row;
  int column;
  ObsCore& record;
  void operator()(std::string ObsCore::*member) const { record.*member = row.text(column); }
  void operator()(std::int64_t ObsCore::*member) const { record.*member = row.integer(column); }
  void operator()(std::optional<std::int64_t> ObsCore::*member) const {
    if (!row.is_null(column)) record.*member = row.integer(column);
  }
  void operator()(std::optional<double> ObsCore::*member) const {
    record.*member = real_of(row, column);
  }
};

struct ObsCoreBinder {
  Statement& statement;
  int index;
  const ObsCore& record;
  bool nullable;
  void operator()(std::string ObsCore::*member) const {
    const std::string& value = record.*member;
    if (value.empty() && nullable) {
      statement.bind_null(index);
    } else {
      statement.bind(index, std::string_view(value));
    }
  }
  template <class Member>
  void operator()(Member ObsCore::*member) const {
    statement.bind(index, record.*member);
  }
};

}  // namespace

std::string list_text(const std::vector<std::int64_t>& numbers) {
  std::string text;
  for (const std::int64_t number : numbers) {
    if (!text.empty()) text += ' ';
    text += std::to_string(number);
  }
  return text;
}

std::vector<std::int64_t> list_of(std::string_view text) {
  std::vector<std::int64_t> numbers;
  for (const std::string_view word : split_blanks(text)) {
    const std::optional<std::int64_t> number = to_integer(word);
    if (!number) damaged();
    numbers.push_back(*number);
  }
  return numbers;
}

std::string doubles_blob(const std::vector<double>& values) {
  std::string blob;
  blob.reserve(values.size() * sizeof(double));
  for (const double value : values) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (int shift = 0; shift < 64; shift += 8) blob += static_cast<char>(bits >> shift & 0xff);
  }
  return blob;
}

std::vector<double> doubles_of(std::string_view blob) {
  if (blob.size() % sizeof(double) != 0) damaged();
  std::vector<double> values(blob.size() / sizeof(double));
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::uint64_t bits = 0;
    for (unsigned byte = 0; byte < 8; ++byte) {
      bits |= std::uint64_t{static_cast<unsigned char>(blob[i * 8 + byte])} << (8 * byte);
    }
    values[i] = std::bit_cast<double>(bits);
  }
  return values;
}

const std::string_view select_file =
    "SELECT id, root, path, size, mtime_ns, inode, gzipped FROM file WHERE id = ?1";

FileRecord file_of(const Statement& row) {
  FileRecord file;
  file.id = row.integer(0);
  file.root = row.text(1);
  file.path = row.text(2);
  file.size = row.integer(3);
  file.mtime_ns = row.integer(4);
  file.inode = static_cast<std::uint64_t>(row.integer(5));
  file.gzipped = row.integer(6) != 0;
  return file;
}

std::string obscore_list() {
  std::string list;
  for (const ObsCoreColumn& column : obscore_columns()) {
    if (!list.empty()) list += ", ";
    list += column.name;
  }
  return list;
}

ObsCore obscore_of(const Statement& row, int first_column) {
  ObsCore record;
  for (const ObsCoreColumn& column : obscore_columns()) {
    std::visit(ObsCoreReader{row, first_column++, record}, column.member);
  }
  return record;
}

int bind_obscore(Statement& statement, int first_index, const ObsCore& record) {
  for (const ObsCoreColumn& column : obscore_columns()) {
    std::visit(ObsCoreBinder{statement, first_index++, record, column.nullable}, column.member);
  }
  return first_index;
}

void holdings_changed(Database& database) {
  database.prepare("UPDATE counter SET value = random() WHERE name = 'holdings'").run();
}

std::vector<HduRecord> read_hdus(Database& database, std::int64_t file) {
  Statement row = database.prepare(
      "SELECT number, kind, extname, extver, bitpix, shape, header_offset, data_offset, "
      "data_length, compression, tile, grid, "
      "all_sky, em_min, em_max, t_min, t_max, pol_states, outline, cards FROM hdu WHERE file = ?1 "
      "ORDER BY number");
  row.bind(1, file);
  std::vector<HduRecord> hdus;
  while (row.step()) {
    HduRecord& hdu = hdus.emplace_back();
    hdu.index = static_cast<int>(row.integer(0));
    hdu.kind = row.text(1);
    hdu.extname = row.text(2);
    hdu.extver = row.integer(3);
    hdu.bitpix = static_cast<int>(row.integer(4));
    hdu.shape = list_of(row.text(5));
    hdu.header_offset = row.integer(6);
    hdu.data_offset = row.integer(7);
    hdu.data_length = row.integer(8);
    hdu.compression = row.text(9);
    hdu.tile = list_of(row.text(10));
    hdu.grid = static_cast<int>(row.integer(11));
    hdu.all_sky = row.integer(12) != 0;
    hdu.em_min = real_of(row, 13);
    hdu.em_max = real_of(row, 14);
    hdu.t_min = real_of(row, 15);
    hdu.t_max = real_of(row, 16);
    hdu.pol_states = row.text(17);
    hdu.outline = doubles_of(row.blob(18));
    hdu.cards = row.text(19);
    hdu.arrays = read_arrays(database, file, hdu.index);
  }
  return hdus;
}

void insert_hdu(Database& database, std::int64_t file, const HduRecord& hdu) {
  {
    Statement row = database.prepare(
        "INSERT INTO hdu (file, number, kind, extname, extver, bitpix, shape, header_offset, "
        "data_offset, data_length, "
        "compression, tile, grid, all_sky, em_min, em_max, t_min, t_max, pol_states, outline, "
        "cards) VALUES "
        "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, "
        "?20, ?21)");
    row.bind(1, file).bind(2, std::int64_t{hdu.index});
    row.bind(3, std::string_view(hdu.kind))
        .bind(4, std::string_view(hdu.extname))
        .bind(5, hdu.extver);
    row.bind(6, std::int64_t{hdu.bitpix}).bind(7, std::string_view(list_text(hdu.shape)));
    row.bind(8, hdu.header_offset).bind(9, hdu.data_offset).bind(10, hdu.data_length);
    row.bind(11, std::string_view(hdu.compression)).bind(12, std::string_view(list_text(hdu.tile)));
    row.bind(13, std::int64_t{hdu.grid}).bind(14, std::int64_t{hdu.all_sky});
    row.bind(15, hdu.em_min).bind(16, hdu.em_max).bind(17, hdu.t_min).bind(18, hdu.t_max);
    row.bind(19, std::string_view(hdu.pol_states)).bind_blob(20, doubles_blob(hdu.outline));
    row.bind(21, std::string_view(hdu.cards));
    row.run();
  }
  std::int64_t number = 0;
  for (const AuxiliaryArray& array : hdu.arrays) {
    Statement row = database.prepare(
        "INSERT INTO auxiliary (file, hdu, number, extname, extver, extlevel, column_name, "
        "row_number, shape, array_values, "
        "cards) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
    row.bind(1, file).bind(2, std::int64_t{hdu.index}).bind(3, number++);
    row.bind(4, std::string_view(array.extname)).bind(5, array.extver).bind(6, array.extlevel);
    row.bind(7, std::string_view(array.column))
        .bind(8, array.row)
        .bind(9, std::string_view(list_text(array.shape)));
    row.bind_blob(10, doubles_blob(array.values)).bind(11, std::string_view(array.cards));
    row.run();
  }
}

}  // namespace soda::store
