// Numbers of rows, one bit each in chunks of 4 KB: a hundred million that lie close together take
// 12 MB. Private to the room.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

namespace soda::store {

class IdSet {
 public:
  // False when it was there already.
  bool insert(std::int64_t id) {
    auto& chunk = chunks_[id / bits];
    if (chunk.empty()) chunk.resize(bits / 64);
    std::uint64_t& word = chunk[static_cast<std::size_t>(id % bits / 64)];
    return (std::exchange(word, word | bit_of(id)) & bit_of(id)) == 0;
  }
  bool contains(std::int64_t id) const {
    const auto chunk = chunks_.find(id / bits);
    return chunk != chunks_.end() &&
           (chunk->second[static_cast<std::size_t>(id % bits / 64)] & bit_of(id)) != 0;
  }

 private:
  static constexpr std::int64_t bits = 32768;
  static std::uint64_t bit_of(std::int64_t id) { return std::uint64_t{1} << (id % 64); }
  std::unordered_map<std::int64_t, std::vector<std::uint64_t>> chunks_;
};

}  // namespace soda::store
