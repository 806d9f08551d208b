#include "cutout/picture.h"

#include <algorithm>
#include <utility>

#include "base/failure.h"
#include "cutout/orientation.h"
#include "cutout/registration.h"
#include "cutout/shown.h"

namespace soda::cutout {
namespace {

int size_of(const image::Look& look) { return look.size.value_or(look.longest); }

// The image that a picture of the whole data set shows; -1: none.
int image_of(const store::Dataset& dataset, const Source& source) {
  const auto is_image = [](const SourceHdu& hdu) { return hdu.is_image(); };
  if (dataset.hdu >= 0) {
    const auto& hdus = source.hdus;
    const auto hdu = static_cast<std::size_t>(dataset.hdu);
    return hdu < hdus.size() && is_image(hdus[hdu]) ? dataset.hdu : -1;
  }
  const auto first = std::ranges::find_if(source.hdus, is_image);
  return first == source.hdus.end() ? -1 : static_cast<int>(first - source.hdus.begin());
}

// Of a plan: the data set's own image, else the first that is cut.
const Pixels& pixels_of(const store::Dataset& dataset, const Plan& plan) {
  const Pixels* first = nullptr;
  for (const OutputHdu& hdu : plan.hdus) {
    const auto* pixels = std::get_if<Pixels>(&hdu.data);
    if (pixels == nullptr) continue;
    if (pixels->hdu == dataset.hdu) return *pixels;
    if (first == nullptr) first = pixels;
  }
  if (first == nullptr) throw Failure(FailureKind::internal, "a plan without pixels");
  return *first;
}

image::Notes notes_of(const store::Dataset& dataset, const Shown& shown) {
  image::Notes notes;
  if (!dataset.obscore.obs_title.empty()) notes.emplace_back("Title", dataset.obscore.obs_title);
  notes.emplace_back("Source", dataset.obscore.obs_publisher_did);
  notes.emplace_back("Comment", orientation_of(shown));
  notes.emplace_back("Software", "libsoda " SODA_VERSION);
  return notes;
}

std::string finished(image::Picture picture, const store::Dataset& dataset, const Shown& shown,
                     const image::Look& look, image::Encoding encoding) {
  if (look.size) picture = image::enlarged(std::move(picture), *look.size);
  return image::encode(picture, encoding, notes_of(dataset, shown));
}

std::string picture_of(const Pictured& pictured, const Shown& shown, Tools& tools,
                       const image::Look& look, image::Encoding encoding) {
  const image::Plane plane =
      read_shown(*pictured.source, shown, pictured.path, tools, size_of(look));
  return finished(image::render(plane, look), pictured.dataset, shown, look, encoding);
}

}  // namespace

std::string whole_picture(const Pictured& pictured, Tools& tools, const image::Look& look,
                          image::Encoding encoding) {
  const int hdu = image_of(pictured.dataset, *pictured.source);
  if (hdu < 0) {
    throw Failure(FailureKind::not_found,
                  "the data set has no image, so that there is no picture of it");
  }
  return picture_of(pictured, shown_whole(*pictured.source, hdu), tools, look, encoding);
}

std::string cut_picture(const Pictured& pictured, const Plan& plan, Tools& tools,
                        const image::Look& look, image::Encoding encoding) {
  return picture_of(pictured, shown_part(plan, pixels_of(pictured.dataset, plan)), tools, look,
                    encoding);
}

std::string colour_picture(const std::array<Pictured, 3>& pictured, const Plan& plan, Tools& tools,
                           const image::Look& look, image::Encoding encoding) {
  std::array<Shown, 3> shown;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const int hdu = image_of(pictured[i].dataset, *pictured[i].source);
    if (i == 0) {
      shown[i] = shown_part(plan, pixels_of(pictured[i].dataset, plan));
    } else if (hdu >= 0) {
      shown[i] = shown_whole(*pictured[i].source, hdu);
    }
    if (!shown[i].wcs) {
      throw Failure(FailureKind::usage,
                    "ID: the three images of a colour picture must be on the sky, and this one is "
                    "not: " +
                        pictured[i].dataset.obscore.obs_publisher_did,
                    "ID");
    }
  }
  std::array<image::Plane, 3> planes;
  planes[0] = read_shown(*pictured[0].source, shown[0], pictured[0].path, tools, size_of(look));
  for (std::size_t i = 1; i < planes.size(); ++i) {
    const Registration registration(shown[0], planes[0].width, planes[0].height, shown[i]);
    planes[i] = registration.moved([&](const Shown& part, int size) {
      return read_shown(*pictured[i].source, part, pictured[i].path, tools, size);
    });
  }
  return finished(image::render_colours(planes, look), pictured[0].dataset, shown[0], look,
                  encoding);
}

std::string orientation(const store::Dataset& dataset, const Source& source) {
  const int hdu = image_of(dataset, source);
  return hdu < 0 ? std::string() : orientation_of(shown_whole(source, hdu));
}

}  // namespace soda::cutout
