// soda-links: DataLink, from an identifier to the data, and the documents of the site's base.
#include "services.h"

int main(int argc, char** argv) {
  return soda::dali::run(argc, argv,
                         {"soda-links", "tells what there is of a data set (DataLink) over FastCGI",
                          [](const soda::dali::Context& context) {
                            return modules::services_of(context, {"links"});
                          }});
}
