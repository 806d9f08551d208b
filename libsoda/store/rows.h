// Between the records of holdings.h and the rows of the data base: private to the room.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "store/holdings.h"

namespace soda::store {

// "2048 1024" and back; what is no list of whole numbers is Failure(unavailable): the row is
// damaged.
std::string list_text(const std::vector<std::int64_t>& numbers);
std::vector<std::int64_t> list_of(std::string_view text);
// Little-endian IEEE doubles, whatever the machine.
std::string doubles_blob(const std::vector<double>& values);
std::vector<double> doubles_of(std::string_view blob);

// Statements and the functions that fit their columns.
extern const std::string_view select_file;  // WHERE id = ?1
FileRecord file_of(const Statement& row);

// " , "-separated ObsCore column names, for SELECT and INSERT alike.
std::string obscore_list();
ObsCore obscore_of(const Statement& row, int first_column);
// Binds all columns from `first_index` on; the next free index is returned.
int bind_obscore(Statement& statement, int first_index, const ObsCore& record);

// Tells responders to forget what they keep in memory (schema.cc, `counter`).
void holdings_changed(Database& database);

// All HDUs of a file with their arrays.
std::vector<HduRecord> read_hdus(Database& database, std::int64_t file);
void insert_hdu(Database& database, std::int64_t file, const HduRecord& hdu);

}  // namespace soda::store
