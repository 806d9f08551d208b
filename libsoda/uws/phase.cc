#include "uws/phase.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/failure.h"

namespace soda::uws {
namespace {

using store::Phase;

struct Word {
  std::string_view word;
  Order order;
};
constexpr std::array words = {Word{"RUN", Order::run}, Word{"ABORT", Order::abort}};

struct Transition {
  Order order;
  Phase from, to;
};
constexpr std::array transitions = {
    Transition{Order::run, Phase::pending, Phase::queued},
    Transition{Order::run, Phase::held, Phase::queued},
    Transition{Order::run, Phase::queued, Phase::queued},
    Transition{Order::run, Phase::executing, Phase::executing},
    Transition{Order::run, Phase::suspended, Phase::suspended},
    Transition{Order::abort, Phase::pending, Phase::aborted},
    Transition{Order::abort, Phase::held, Phase::aborted},
    Transition{Order::abort, Phase::queued, Phase::aborted},
    Transition{Order::abort, Phase::executing, Phase::aborted},
    Transition{Order::abort, Phase::suspended, Phase::aborted},
    Transition{Order::abort, Phase::aborted, Phase::aborted},
};

}  // namespace

std::optional<Order> order_of(std::string_view word) {
  const auto found = std::ranges::find(words, word, &Word::word);
  if (found == words.end()) return std::nullopt;
  return found->order;
}

Phase obeyed(Phase phase, Order order) {
  const auto found = std::ranges::find_if(
      transitions, [&](const Transition& row) { return row.order == order && row.from == phase; });
  if (found != transitions.end()) return found->to;
  throw Failure(FailureKind::wrong_state,
                "PHASE: " + std::string(std::ranges::find(words, order, &Word::order)->word) +
                    " is not possible any more, the job is " +
                    std::string(store::phase_word(phase)),
                "PHASE");
}

bool is_active(Phase phase) noexcept {
  return phase == Phase::pending || phase == Phase::queued || phase == Phase::executing;
}

}  // namespace soda::uws
