// A table of positions as a client uploads it -> cutout/positions: what its rows ask for can be
// asked for.
//
// Input: a line whose first letter is the size of rows that have none (c: RADIUS, b: BOX, others:
// none), then a file as textfile.h describes it ("raw" before a VOTable or CSV).
#include "cutout/positions.h"

#include "base/text.h"
#include "cutout/combine.h"
#include "cutout/params.h"
#include "dali/table_file.h"
#include "rows.h"
#include "target.h"
#include "textfile.h"

namespace {

using namespace soda;

std::string size_of(std::string_view line) {
  if (line.starts_with('c')) return "CIRCLE 0.1";
  return line.starts_with('b') ? "BRECT 51 51 pixel" : "";
}

void check(const cutout::Position& position) {
  fuzz::require(is_utf8(position.fault), "a fault is UTF-8");
  if (!position.fault.empty()) return;
  const double ra = position.at.lon().degrees(), dec = position.at.lat().degrees();
  fuzz::require(ra >= 0 && ra <= 360 && dec >= -90 && dec <= 90, "a position is on the sphere");
  cutout::Combination asked{position.shape};
  if (position.id) asked.push_back({"ID", *position.id});
  if (position.band) asked.push_back({"BAND", *position.band});
  if (position.time) asked.push_back({"TIME", *position.time});
  // What is wrong with the values is told as it is when a client gives them.
  fuzz::survives({FailureKind::usage, FailureKind::too_large},
                 [&] { cutout::parse_cut(cutout::single_request({}, asked), 1000); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t file_limit = 4 << 20;
  std::string_view text = fuzz::text_of(data, size);
  const std::string_view line = fuzz::take_until(text, "\n");
  const fuzz::ScratchFile scratch(fuzz::file_of(text, file_limit));
  fuzz::survives({FailureKind::usage, FailureKind::too_large}, [&] {
    cutout::PositionReader reader(dali::open_table(scratch.path(), fuzz::table_limits),
                                  size_of(line));
    std::int64_t row = 0;
    for (cutout::Position position; reader.next(position);) {
      fuzz::require(position.row == ++row, "rows are counted");
      check(position);
    }
  });
  return 0;
}
