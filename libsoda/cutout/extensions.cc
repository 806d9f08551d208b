#include "cutout/extensions.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/failure.h"
#include "base/text.h"

namespace soda::cutout {
namespace {

std::string card(std::string_view keyword, std::string_view value, std::string_view comment) {
  return fmt::format("{:<8}= {:>20} / {}", keyword, value, comment);
}

// SIMPLE … NAXISn -> XTENSION … NAXISn, PCOUNT, GCOUNT (FITS 4.0 section 4.4.1.2).
fits::Header as_image_extension(const fits::Header& primary) {
  std::string cards = primary.cards();
  cards.replace(0, fits::card_length,
                fmt::format("{:<80}", "XTENSION= 'IMAGE   '           / was a primary HDU"));
  fits::Header header(std::move(cards));
  for (const auto* keyword : {"EXTEND", "NEXTEND", "BLOCKED", "PCOUNT", "GCOUNT"}) {
    header.erase_all(keyword);
  }
  const auto axes = static_cast<std::size_t>(header.integer("NAXIS").value_or(0));
  const std::size_t behind_axes = std::min(header.size(), 3 + axes);
  header.insert(behind_axes, card("GCOUNT", "1", "one group"));
  header.insert(behind_axes, card("PCOUNT", "0", "no parameters"));
  return header;
}

}  // namespace

fits::Header ExtensionNames::extension(const fits::Header& header, std::int64_t number) {
  const bool primary = header.size() > 0 && fits::Header::keyword(header.card(0)) == "SIMPLE";
  fits::Header out = primary ? as_image_extension(header) : header;
  std::string name = out.string("EXTNAME").value_or("");
  if (name.empty()) name = "CUTOUT";
  out.set("EXTNAME", std::string_view(name));
  out.set("EXTVER", ++count_[name], "counted in this file");
  out.set("SODAITEM", number, "number of the cut");
  return out;
}

fits::Header common_primary(std::span<const std::string> misses, std::string_view day) {
  fits::Header header;
  header.append(card("SIMPLE", "T", "FITS"));
  header.append(card("BITPIX", "8", "no data here"));
  header.append(card("NAXIS", "0", "the cuts are extensions"));
  header.append(card("EXTEND", "T", "there are extensions"));
  header.set("SODADATE", day, "UTC day of the cuts");
  header.set("SODAVERS", "libsoda " SODA_VERSION, "software that made the cuts");
  for (const auto& miss : misses) header.add_history(quoted(miss, 400));
  return header;
}

void require_joinable(const store::Holding& holding, std::string_view id) {
  const bool refers = std::ranges::any_of(
      holding.hdus, [](const store::HduRecord& hdu) { return !hdu.arrays.empty(); });
  if (!refers) return;
  throw Failure(FailureKind::usage,
                fmt::format("RESPONSEFORMAT: multi-fits cannot hold a cut of \"{}\", whose world "
                            "coordinates lie in other HDUs of its file; ask for application/x-tar",
                            quoted(id, 200)),
                "RESPONSEFORMAT");
}

}  // namespace soda::cutout
