// A FIELD of a VOTable that is read, and its cells. Of use inside this room only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/binary_cells.h"
#include "base/table_reader.h"
#include "xml/events.h"

namespace soda::xml {

struct ReadField {
  // From the attributes of a FIELD element. Throws Failure(usage) naming the field: an unknown
  // datatype, an arraysize that is none.
  static ReadField of(const Attributes& attributes);
  // VALUES/@null (section 4.7); ignored where no value of the datatype is written so.
  void set_null(std::string_view text);

  Column column;
  StoredColumn stored;
  // Elements of a cell in BINARY; of one with a variable length they come before it, in four bytes.
  enum class Length { fixed, variable };
  Length length = Length::fixed;
  std::uint64_t count = 1;
  std::string null_text;
};

// Makes a cell from the text of a TD. Returns what is wrong with it, empty when it was taken;
// Failure(too_large) as RowBuilder::append.
std::string append_text_cell(RowBuilder& row, const ReadField& field, std::string_view text);

}  // namespace soda::xml
