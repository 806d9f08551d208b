// A document -> xml/votable_reader. The first byte says how large the pieces are in which it comes.
#include <algorithm>

#include "rows.h"
#include "target.h"
#include "xml/votable_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace soda;
  if (size == 0) return 0;
  std::string_view rest = fuzz::text_of(data + 1, size - 1);
  const std::size_t piece = data[0] % 16 == 0 ? 1 : data[0] * std::size_t{16};
  const ByteInput input = [&rest, piece](std::span<char> into) {
    const std::size_t got = std::min({piece, rest.size(), into.size()});
    std::copy_n(rest.data(), got, into.data());
    rest.remove_prefix(got);
    return got;
  };
  fuzz::survives({FailureKind::usage, FailureKind::too_large},
                 [&] { fuzz::check_table(*xml::read_votable(input, fuzz::table_limits)); });
  return 0;
}
