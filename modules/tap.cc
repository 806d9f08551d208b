// soda-tap: queries in ADQL.
#include "fetching.h"
#include "services.h"

int main(int argc, char** argv) {
  return soda::dali::run(
      argc, argv,
      {"soda-tap", "answers queries in ADQL (TAP) over FastCGI",
       [](const soda::dali::Context& context) { return modules::services_of(context, {"tap"}); },
       modules::fetch_of});
}
