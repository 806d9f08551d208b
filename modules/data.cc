// soda-data: files, their headers as text, previews.
#include "services.h"

int main(int argc, char** argv) {
  return soda::dali::run(
      argc, argv,
      {"soda-data", "sends files of the archive, their headers, and pictures of them over FastCGI",
       [](const soda::dali::Context& context) { return modules::services_of(context, {"data"}); }});
}
