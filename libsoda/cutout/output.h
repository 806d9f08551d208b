// In which form cuts go out: RESPONSEFORMAT of sync and of jobs.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "dali/format.h"
#include "image/encode.h"

namespace soda::cutout {

enum class Output {
  fits,
  png,
  jpeg,
  // Several cuts in one:
  tar,
  multi_fits,  // one FITS file, the primary of each cut an extension
  zip,
  fits_table,  // one table, a column of images
};
bool is_picture(Output output) noexcept;
bool is_package(Output output) noexcept;
// REQUIRES: is_picture(output).
image::Encoding encoding_of(Output output) noexcept;

struct ChosenOutput {
  Output output = Output::fits;
  std::string content_type;
  std::string_view short_form;
};
enum class Offer { sync, batch };
// Throws as dali::choose_format.
ChosenOutput choose_output(Offer offer, std::string_view asked, std::string_view accept);

}  // namespace soda::cutout
