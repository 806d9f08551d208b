// The two forms of a VOTable's rows, for xml/votable.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/blocks.h"
#include "base/table.h"
#include "xml/votable.h"

namespace soda::xml {

// What a cell is written as, from the column's datatype.
enum class Kind : std::uint8_t { ascii, unicode, int32, int64, real, truth };

class Rows {
 public:
  // Failure(internal) for a datatype that is not written.
  Rows(Blocks& out, std::span<const Field> fields);
  virtual ~Rows() = default;
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  void row(std::span<const Cell> cells);
  // What is still kept back of the rows.
  virtual void finish() = 0;

 protected:
  // Each cell fits its kind; the texts have `text_bytes` together.
  virtual void write(std::span<const Cell> cells, std::size_t text_bytes) = 0;

  Blocks& out() noexcept { return out_; }
  Kind kind(std::size_t column) const noexcept { return kinds_[column]; }

 private:
  void conform(std::span<const Cell> cells);

  Blocks& out_;
  std::vector<Kind> kinds_;
  std::vector<std::string> names_;
  std::vector<Cell> conforming_;
};

std::unique_ptr<Rows> make_rows(Serialization serialization, Blocks& out,
                                std::span<const Field> fields);

}  // namespace soda::xml
