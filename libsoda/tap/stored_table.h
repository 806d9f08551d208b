// A table that was made from outside (an upload, a table of the archive's own) as part of the
// catalogue. Private to the room.
#pragma once

#include <cstddef>

#include "store/select.h"
#include "tap/catalogue.h"

namespace soda::tap {

// Column `index` of the table, by the names that statements use.
TableColumn stored_column(const Column& declared, std::size_t index, const store::TableForm& form);

// Source and index of a table whose columns are there.
void set_source(Table& table, const store::TableForm& form);

}  // namespace soda::tap
