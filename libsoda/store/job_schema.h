// The tables of the data base of jobs.
#pragma once

#include "store/database.h"

namespace soda::store {

const Schema& jobs_schema();

}  // namespace soda::store
