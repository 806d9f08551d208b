// soda-async: SODA cutouts as jobs.
#include "services.h"

int main(int argc, char** argv) {
  return soda::dali::run(
      argc, argv,
      {"soda-async", "takes jobs of SODA cutouts, and gives their results, over FastCGI",
       [](const soda::dali::Context& context) {
         return modules::services_of(context, {"async"});
       }});
}
