// soda-sync: SODA cutouts, and the VOSI documents of the site's base.
#include "cutout/service.h"
#include "dali/responder.h"
#include "vosi/service.h"

namespace {

std::vector<soda::vosi::Example> examples(const soda::dali::Context& context) {
  std::vector<soda::vosi::Example> out;
  const auto count = static_cast<std::size_t>(context.config.integer("examples"));
  for (const auto& parameters : soda::cutout::example_cuts(context, count)) {
    out.push_back({.id = "cut" + std::to_string(out.size() + 1),
                   .name = "Cut a circle out of an image",
                   .text = "A circle about the middle of one of this archive's images.",
                   .capability = "ivo://ivoa.net/std/SODA#sync-1.0",
                   .parameters = parameters});
  }
  return out;
}

std::vector<soda::dali::Service> services(const soda::dali::Context& context) {
  std::vector<soda::dali::Service> all{soda::cutout::sync_service(context)};
  for (auto& service : soda::vosi::services(all, examples)) all.push_back(std::move(service));
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  return soda::dali::run(
      argc, argv,
      {"soda-sync", "SODA cutouts, capabilities and availability over FastCGI", services});
}
