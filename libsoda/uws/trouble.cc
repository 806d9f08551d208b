#include "uws/trouble.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>
#include <string>
#include <system_error>

namespace soda::uws {
namespace {

struct Sentence {
  int error;
  FailureKind kind;
  const char* text;
};
constexpr std::array sentences = {
    Sentence{ENOSPC, FailureKind::unavailable, "The disk that holds the results is full."},
    Sentence{EDQUOT, FailureKind::unavailable,
             "The results have used up the room that they may take on the disk."},
    Sentence{EFBIG, FailureKind::unavailable,
             "A result is larger than a file may be where the results are held."},
    Sentence{ENOMEM, FailureKind::unavailable, "The worker's system has no memory left."},
    Sentence{EMFILE, FailureKind::unavailable, "The worker has too many files open."},
    Sentence{ENFILE, FailureKind::unavailable, "The worker's system has too many files open."},
    Sentence{EIO, FailureKind::unavailable, "The disk that holds the results has a fault."},
};

}  // namespace

Failure trouble_with(const std::exception& error) {
  if (const auto* failure = dynamic_cast<const Failure*>(&error)) return *failure;
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr)
    return {FailureKind::too_large, "This needs more memory than the worker may use."};
  if (const auto* system = dynamic_cast<const std::system_error*>(&error)) {
    const auto found = std::ranges::find(sentences, system->code().value(), &Sentence::error);
    if (found != sentences.end()) return {found->kind, found->text};
    return {FailureKind::internal,
            fmt::format("A result could not be written ({}).", system->code().message())};
  }
  return {FailureKind::internal, "An unexpected error in the worker."};
}

std::optional<Failure> trouble_of(const std::function<void()>& attempt) {
  try {
    attempt();
  } catch (const std::exception& error) {
    return trouble_with(error);
  }
  return std::nullopt;
}

Failure results_are_full(std::int64_t bytes, std::int64_t limit) {
  return {FailureKind::unavailable,
          fmt::format("results_limit: all results may take {} bytes, and they take {} already; "
                      "destroy jobs that are no longer needed, or try again later.",
                      limit, bytes),
          "results_limit"};
}

}  // namespace soda::uws
