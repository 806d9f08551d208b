// What the settings file declares of columns and tables: [[column]], [[table]], [[table.column]],
// [[table.key]]. Private to the room.
#pragma once

#include "base/declared_table.h"
#include "site/toml_nodes.h"

namespace soda::site {

// A column of the archive's own beside those of ObsCore.
Column read_column(const TomlNodes& nodes, const toml::table& declared);
DeclaredTable read_table(const TomlNodes& nodes, const toml::table& declared);

}  // namespace soda::site
