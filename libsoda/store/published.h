// What of the archive's data base statements from outside may read. Private to the room.
#pragma once

#include "store/connection.h"
#include "store/permission.h"

namespace soda::store {

// Allows it on the connection, whose Permission is not enforced meanwhile. To be called within a
// transaction, again when the schema has changed.
void publish(Connection& connection, Permission& permission);

}  // namespace soda::store
