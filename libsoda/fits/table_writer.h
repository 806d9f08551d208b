// A table as a FITS file: an empty primary and one binary table (FITS 4.0 section 7.3), of columns
// as base/table.h has them.
//
// How many rows there are, and how wide their texts, stands before them in the file; so they are
// kept (base/spool.h) and written at the end. Memory does not grow with the rows.
//
// NULL: NaN in reals, a value that no row has in whole numbers (TNULLn), nothing in texts and
// arrays of variable length; booleans have a NULL of their own. Texts are ASCII (section 4.2.1),
// other characters become "?"; they are columns of fixed width, unless most are much shorter than
// the longest. UCDs, UTypes, xtypes and descriptions are TUCDn, TUTYPn, TXTYPn and TCOMMn, as
// STILTS and astropy write them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/binary_layout.h"
#include "base/blocks.h"
#include "base/spool.h"
#include "base/table.h"

namespace soda::fits {

class TableWriter {
 public:
  // `out` must outlive it; nothing is written before finish(). Failure(internal) for a datatype
  // that is none of VOTable's.
  TableWriter(std::string name, std::span<const Column> columns, Blocks& out);

  // Failure(corrupt_data) for a value that the column cannot hold.
  void row(std::span<const Cell> cells);
  // `remark`: a comment in the header; may be empty.
  void finish(std::string_view remark);

 private:
  struct Field {
    Column column;
    Layout layout;
    // What the rows turned out to have.
    std::size_t longest = 0;  // elements of a text, or an array of variable length
    std::uint64_t bytes = 0;  // of all rows
    std::int64_t lowest = 0, highest = 0;
    bool has_values = false, has_null = false;
    // How it is written.
    enum class Form { fixed, heap } form = Form::fixed;
    std::int64_t null = 0;
  };

  void keep(Field& field, const Cell& cell);
  void keep_bytes(Field& field, std::string_view bytes, std::size_t elements);
  void choose_forms();
  std::string header(std::string_view remark) const;
  std::string form_of(const Field& field) const;
  std::size_t width_of(const Field& field) const;
  void write_rows();
  void write_heap();
  void write_cell(const Field& field, std::string_view bytes, std::string& into);
  [[noreturn]] static void refuse(const Field& field);

  std::string name_;
  std::vector<Field> fields_;
  Blocks& out_;
  Spool spool_;
  std::string cell_;  // at work on
  std::int64_t rows_ = 0;
  std::uint64_t heap_ = 0;  // bytes
};

}  // namespace soda::fits
