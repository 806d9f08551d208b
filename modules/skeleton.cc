// The template of a module: a program that answers one service, hello, which greets NAME. To add a
// module, copy this file, replace what the service says of itself and what it does, and add a line
// to Makefile.am.
#include <array>
#include <string>
#include <vector>

#include "dali/responder.h"

namespace {

using soda::dali::Call;
using soda::dali::Context;
using soda::dali::Parameter;
using soda::dali::Service;

constexpr std::array<Parameter, 1> parameters = {{{
    .name = "NAME",
    .datatype = "char",
    .arraysize = "*",
    .xtype = "",
    .unit = "",
    .ucd = "",
    .repeat = soda::dali::Repeat::single,
    .choices = "",
    .description = "Whom to greet.",
    .described = true,
}}};

// Whatever is wrong is thrown as a soda::Failure; the responder makes the answer of it.
soda::http::Response hello(const Context& context, const Call& call) {
  const std::string name = call.arguments.one("NAME").value_or("world");
  return soda::http::text_response(
      200, "Hello " + name + ", this is " + context.config.text("title") + ".\n");
}

std::vector<Service> services(const Context&) {
  Service service{};
  service.name = "hello";
  service.methods = "GET HEAD POST";
  service.parameters = parameters;
  service.handle = hello;
  return {service};
}

}  // namespace

int main(int argc, char** argv) {
  return soda::dali::run(argc, argv, {"skeleton", "greets", services});
}
