// soda-sync: SODA cutouts, and the documents of the site's base.
#include "services.h"

int main(int argc, char** argv) {
  return soda::dali::run(
      argc, argv,
      {"soda-sync", "SODA cutouts, capabilities and availability over FastCGI",
       [](const soda::dali::Context& context) { return modules::services_of(context, {"sync"}); }});
}
