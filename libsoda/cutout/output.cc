#include "cutout/output.h"

#include <array>

namespace soda::cutout {
namespace {

// Pictures and packages are made for who asks by RESPONSEFORMAT only: browsers accept image/png
// before anything else that is here, and following a link to a cut they shall get the cut.
constexpr std::string_view not_by_accept = "none";
constexpr std::array<dali::Format, 8> formats = {
    {{"application/fits", "fits"},
     {"image/fits", ""},
     {"image/png", "png", not_by_accept},
     {"image/jpeg", "jpeg", not_by_accept},
     {"application/x-tar", "tar", not_by_accept},
     {"application/fits", "multi-fits", not_by_accept},
     {"application/zip", "zip", not_by_accept},
     {"application/fits", "fits-table", not_by_accept}}};
constexpr std::array<Output, formats.size()> outputs = {
    Output::fits, Output::fits,       Output::png, Output::jpeg,
    Output::tar,  Output::multi_fits, Output::zip, Output::fits_table};
// The others need all cuts at hand before their first byte.
constexpr std::size_t offered_by_sync = 6;

}  // namespace

bool is_picture(Output output) noexcept { return output == Output::png || output == Output::jpeg; }

bool is_package(Output output) noexcept { return output != Output::fits && !is_picture(output); }

image::Encoding encoding_of(Output output) noexcept {
  return output == Output::png ? image::Encoding::png : image::Encoding::jpeg;
}

ChosenOutput choose_output(Offer offer, std::string_view asked, std::string_view accept) {
  const std::span<const dali::Format> all = formats;
  auto choice =
      dali::choose_format(offer == Offer::sync ? all.first(offered_by_sync) : all, asked, accept);
  const auto& format = formats[choice.index];
  // Its short name is no type to send.
  if (is_package(outputs[choice.index])) choice.content_type = format.media_type;
  return {outputs[choice.index], std::move(choice.content_type), format.short_form};
}

}  // namespace soda::cutout
