// A number by which texts are told apart: FNV-1a, 64 bits. The same in every process and on every
// machine, for names of files and entity tags; it guards nothing against who means harm.
#pragma once

#include <cstdint>
#include <string_view>

namespace soda {

class Fingerprint {
 public:
  // No two lists of texts run together: a byte that no UTF-8 has ends each.
  Fingerprint& add(std::string_view text) noexcept {
    for (const char c : text) step(static_cast<unsigned char>(c));
    step(0xFF);
    return *this;
  }
  std::uint64_t value() const noexcept { return hash_; }

 private:
  void step(std::uint64_t byte) noexcept { hash_ = (hash_ ^ byte) * 0x100000001b3U; }

  std::uint64_t hash_ = 0xcbf29ce484222325U;
};

}  // namespace soda
