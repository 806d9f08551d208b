// A file's bytes -> fits/table_reader: binary and ASCII tables, gzipped or not.
//
// Input: a file as textfile.h describes it.
#include "fits/table_reader.h"
#include "rows.h"
#include "target.h"
#include "textfile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace soda;
  constexpr std::size_t file_limit = 4 << 20;
  const fuzz::ScratchFile scratch(fuzz::file_of(fuzz::text_of(data, size), file_limit));
  fuzz::survives({FailureKind::usage, FailureKind::too_large},
                 [&] { fuzz::check_table(*fits::read_table(scratch.path(), fuzz::table_limits)); });
  return 0;
}
