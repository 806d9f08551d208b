// What a child of the worker lets its parent see, in memory that both share: what it has in hand,
// and what it has done. Private to the room.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <new>

#include "base/failure.h"

namespace soda::uws {

struct Slot {
  using Number = std::atomic<std::int64_t>;
  static_assert(Number::is_always_lock_free);  // else a killed child could hold the lock

  Number holder = 0;  // of the worker, as others know it; written by the parent
  Number lease = 0;   // of the task in hand; 0: none
  Number item = 0;    // at work on just now; 0: none
  // Since the worker began: in this place, whichever child.
  Number done = 0, empty = 0, failed = 0, bytes = 0, tasks = 0, jobs = 0;
};

// The slots of all children: mapped once, before the first fork.
class Slots {
 public:
  explicit Slots(std::size_t count) : bytes_(count * sizeof(Slot)) {
    void* memory =
        ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      throw Failure(FailureKind::unavailable, "There is no memory for the worker.");
    slots_ = static_cast<Slot*>(memory);
    for (std::size_t i = 0; i < count; ++i) new (slots_ + i) Slot;
  }
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;
  ~Slots() { ::munmap(slots_, bytes_); }

  Slot& at(std::size_t index) noexcept { return slots_[index]; }

 private:
  std::size_t bytes_;
  Slot* slots_;
};

}  // namespace soda::uws
