// One child of the worker: takes tasks and does them, until told to end. Private to the room.
#pragma once

#include <string>
#include <vector>

#include "store/queue.h"
#include "uws/engine.h"
#include "uws/slot.h"

namespace soda::uws {

struct ChildPlace {
  Slot& slot;
  store::Lane lane;
  const std::vector<std::string>& services;  // whose jobs it does
};

// Returns on SIGTERM, which its parent has blocked (with SIGHUP) before the fork.
void run_child(const EngineOptions& options, const Workshop& workshop, ChildPlace place);

}  // namespace soda::uws
