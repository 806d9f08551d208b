#include "dali/places.h"

#include "base/text.h"

namespace soda::dali {

Places::Places(const site::Config& config)
    : base_(config.base_url()), links_style_(config.mount() + "/links.xsl") {}

std::string Places::links(std::string_view did) const {
  return base_ + "/links?ID=" + percent_encode(did);
}

std::string Places::data(std::string_view did, std::string_view part) const {
  std::string url = base_ + "/data?ID=" + percent_encode(did);
  if (!part.empty()) url.append("&PART=").append(part);
  return url;
}

std::string Places::relation(std::string_view did, std::int64_t number) const {
  return data(did, "relation") + "&LINK=" + std::to_string(number);
}

std::string Places::cut(std::string_view did) const {
  return base_ + "/sync?ID=" + percent_encode(did);
}

const Column& preview_column() {
  static const Column column = {"preview",
                                ColumnType::text,
                                "char",
                                "*",
                                "",
                                "",
                                "meta.ref.url;meta.preview",
                                "",
                                "Address of a picture of the image"};
  return column;
}

}  // namespace soda::dali
