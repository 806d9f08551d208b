// The two forms of a VOTable's rows, for xml/votable.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/binary_layout.h"
#include "base/blocks.h"
#include "base/table.h"
#include "xml/votable.h"

namespace soda::xml {

// What a cell is written as, from the column's datatype; `list`: a text of numbers, the cell of an
// array.
enum class Kind : std::uint8_t { ascii, unicode, whole, real, truth, list };

struct Form {
  Kind kind = Kind::ascii;
  Layout layout;
  std::int64_t lowest = 0, highest = 0;  // of whole numbers
};

class Rows {
 public:
  // The fields must outlive the object. Failure(internal) for a datatype that is none.
  Rows(Blocks& out, std::span<const Field> fields);
  virtual ~Rows() = default;
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  void row(std::span<const Cell> cells);
  // What is still kept back of the rows.
  virtual void finish() = 0;

 protected:
  // Each cell fits its form; the texts have `text_bytes` together.
  virtual void write(std::span<const Cell> cells, std::size_t text_bytes) = 0;

  Blocks& out() noexcept { return out_; }
  const Form& form(std::size_t column) const noexcept { return forms_[column]; }
  std::span<const Form> forms() const noexcept { return forms_; }
  [[noreturn]] void refuse(std::size_t column, const Cell& cell) const;

 private:
  void conform(std::span<const Cell> cells);

  Blocks& out_;
  std::vector<Form> forms_;
  std::span<const Field> fields_;
  std::vector<Cell> conforming_;
};

std::unique_ptr<Rows> make_rows(Serialization serialization, Blocks& out,
                                std::span<const Field> fields);
std::unique_ptr<Rows> make_binary2_rows(Blocks& out, std::span<const Field> fields);

}  // namespace soda::xml
