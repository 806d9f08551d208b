// The writers behind dali/table.h that are no VOTable, and what they share.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/blocks.h"
#include "dali/table.h"
#include "xml/characters.h"

namespace soda::dali {

std::unique_ptr<TableWriter> make_csv_writer(const xml::ResultTable& table, Blocks& out);
std::unique_ptr<TableWriter> make_tsv_writer(const xml::ResultTable& table, Blocks& out);
std::unique_ptr<TableWriter> make_json_writer(const xml::ResultTable& table, Blocks& out);
std::unique_ptr<TableWriter> make_html_writer(const xml::ResultTable& table, Blocks& out);

// Failure(internal) unless there are as many cells as columns.
void check_cells(std::size_t cells, std::size_t columns);

// Appends `text` as UTF-8 with the characters replaced for which `replacement` (char ->
// string_view) has something; U+FFFD stands for what is no text. Bytes beyond ASCII are never asked
// about.
template <class Replacement>
void append_replaced(Blocks& out, std::string_view text, Replacement replacement) {
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && static_cast<unsigned char>(text[plain]) < 0x80 &&
           replacement(text[plain]).empty()) {
      ++plain;
    }
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      out.append(replacement(text.front()));
      text.remove_prefix(1);
      continue;
    }
    const xml::Character character = xml::first_character(text);
    out.append(character.legal ? text.substr(0, character.length) : "\xEF\xBF\xBD");
    text.remove_prefix(character.length);
  }
}

}  // namespace soda::dali
