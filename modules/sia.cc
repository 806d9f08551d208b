// soda-sia: SIA 2, finding images, and the documents of the site's base.
#include "services.h"

int main(int argc, char** argv) {
  return soda::dali::run(
      argc, argv,
      {"soda-sia", "finds images by position, wavelength, time and more (SIA 2) over FastCGI",
       [](const soda::dali::Context& context) { return modules::services_of(context, {"sia"}); }});
}
