#include "ingest/roots.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/failure.h"

namespace soda::ingest {

Roots::Roots(const site::Config& config) {
  if (config.data_roots().empty()) {
    throw Failure(
        FailureKind::usage,
        "no data root is set: the configuration needs [data_roots] with NAME = \"/folder\"",
        "data_roots");
  }
  for (const auto& [name, folder] : config.data_roots()) {
    std::error_code error;
    const std::filesystem::path canonical = std::filesystem::canonical(folder, error);
    if (error || !std::filesystem::is_directory(canonical, error)) {
      throw Failure(FailureKind::usage,
                    fmt::format("data root {}: {} is no folder that can be reached", name, folder),
                    "data_roots");
    }
    folders_[name] = canonical.string();
  }
}

std::optional<Rooted> Roots::relate(std::string_view canonical) const {
  std::optional<Rooted> best;
  std::size_t depth = 0;
  for (const auto& [name, folder] : folders_) {
    const std::string_view base = folder == "/" ? std::string_view() : std::string_view(folder);
    if (!canonical.starts_with(base) || (best && base.size() <= depth)) continue;
    std::string_view rest = canonical.substr(base.size());
    if (!rest.empty() && rest.front() != '/') continue;
    if (!rest.empty()) rest.remove_prefix(1);
    best = Rooted{name, std::string(rest)};
    depth = base.size();
  }
  return best;
}

std::string Roots::absolute(std::string_view root, std::string_view path) const {
  const auto found = folders_.find(root);
  if (found == folders_.end()) {
    throw Failure(
        FailureKind::unavailable,
        fmt::format("the store knows files of a data root {} that the configuration lacks", root));
  }
  const std::string_view base =
      found->second == "/" ? std::string_view() : std::string_view(found->second);
  return path.empty() ? found->second : fmt::format("{}/{}", base, path);
}

std::string_view Roots::prefix(std::string_view root) const {
  return folders_.size() == 1 ? std::string_view() : root;
}

std::string Roots::list() const {
  std::string text;
  for (const auto& [name, folder] : folders_)
    text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, folder);
  return text;
}

}  // namespace soda::ingest
