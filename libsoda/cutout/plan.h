// The heart of the house: what a cut will be, decided before its first byte.
//
// plan() is a pure function of what the store knows of a file (headers, axes, offsets: Source), of
// the cut asked for, and of limits. It opens no file. Everything that a client can be told is found
// here: after a Plan exists, only the disk can fail. It holds the answer to the byte: the headers,
// and which pixels of which HDU follow each; so Content-Length, HEAD and byte ranges cost nothing.
//
// Rules of a cut: doc soda(7), "What a cutout is". Pixel coordinates are FITS's, 1-based.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cutout/source.h"
#include "fits/folded.h"
#include "sky/interval.h"
#include "sky/region.h"
#include "wcs/pixels.h"

namespace soda::cutout {

// POS=BRECT ra dec w h pixel: a box of whole pixels about a position of the sky.
struct PixelRectangle {
  sky::Direction centre;
  double width = 1, height = 1;  // along the first and the second celestial pixel axis
};
using Shape = std::variant<sky::Region, PixelRectangle>;

enum class Detail { standard, image, masked_image, all };  // which HDUs come along
enum class Outside { keep, blank, plane };  // MASK: pixels of the box outside the shape
enum class Beyond { clip, pad };            // PAD: parts of the box outside the image

// One axis of PIXELS: an interval, or the whole axis.
using AxisSection = std::optional<wcs::PixelInterval>;

// A cut as asked for: typed, checked on its own, not yet against any image. Everything absent means
// "all of it".
struct Cut {
  std::optional<Shape> shape;
  std::string request_text;  // all filters as received ("CIRCLE=12 34 0.5; BAND=5e-7 6e-7"), for
                             // the provenance card
  std::optional<sky::Band> band;
  std::optional<wcs::PixelInterval> channel;
  std::optional<sky::TimeSpan> time;
  std::vector<std::string> states;      // POL
  std::vector<AxisSection> pixels;      // PIXELS; empty: not asked
  std::vector<std::string> extensions;  // EXT; empty: by detail
  Detail detail = Detail::standard;
  Outside outside = Outside::keep;
  Beyond beyond = Beyond::clip;
};

struct Limits {
  std::int64_t answer = std::int64_t{16} << 30;      // bytes of one answer
  std::int64_t small_table = std::int64_t{1} << 20;  // tables up to this come along
  std::vector<std::string> tables;                   // EXTNAMEs that come along whatever their size
  std::int64_t signing_budget = std::int64_t{16}
                                << 20;  // HDUs up to this get CHECKSUM and DATASUM anew
};

// What follows a header.
struct Pixels {
  int hdu = 0;                             // of the source
  std::vector<wcs::PixelInterval> asked;   // one per axis; may reach outside the image when padded
  std::vector<wcs::PixelInterval> inside;  // the part that the image has
  bool blank_outside = false;              // MASK=nan applies to this HDU
  std::optional<std::int64_t> blank;       // the stored value for integers; floats use NaN
};
struct MaskPlane {
  int hdu = 0;  // whose world coordinates
  wcs::PixelBox box;
};
struct Copy {
  std::int64_t offset = 0, length = 0;  // bytes of the source file as they are
};

struct OutputHdu {
  explicit OutputHdu(fits::FoldedHeader h) : header(std::move(h)) {}

  fits::FoldedHeader header;  // views the source's
  std::variant<std::monostate, Pixels, MaskPlane, Copy> data;
  std::int64_t data_length = 0;  // bytes, padding not counted
  bool sign = false;             // CHECKSUM and DATASUM to be set when the data are known

  std::int64_t length() const noexcept;  // header and data, both padded to 2880
};

struct Plan {
  std::shared_ptr<const Source> source;
  std::optional<sky::Region> region;  // for masks
  std::vector<OutputHdu> hdus;
  std::int64_t length = 0;
  std::vector<std::string>
      warnings;         // filters that could not be applied, and why: for the Warning header
  std::string summary;  // boxes, for the log
};

// For an HDU whose header or data are not the parent's: stale checksums are never passed on, they
// are computed anew where the data fit the budget, else removed.
void plan_signature(OutputHdu& hdu, const Limits& limits);

// The request is right, and no pixel is in it.
struct NoOverlap {
  std::string axis;    // "POS", "BAND", …
  std::string reason;  // one sentence
};

// `dataset` says which HDU is meant (-1: the whole file). `day` is the UTC date of the cut
// ("2026-01-31"), for the provenance card: a day and not a second, so that the same request gives
// the same bytes as long as its entity tag lives. Throws Failure: usage (an axis that the image
// lacks for PIXELS or CHANNEL, MASK=nan without BLANK, non-contiguous POL, unknown EXT,
// BAND or TIME on an axis whose keywords do not suffice …),
// too_large, corrupt_data (a compressed image of too many axes).
std::variant<Plan, NoOverlap> plan(const store::Dataset& dataset,
                                   std::shared_ptr<const Source> source, const Cut& cut,
                                   const Limits& limits, const std::string& day);

}  // namespace soda::cutout
