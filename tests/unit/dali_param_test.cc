#include <array>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>

#include "base/failure.h"
#include "dali/param.h"

using namespace soda::dali;
using soda::Failure;
using soda::FailureKind;
using soda::http::Form;

namespace {

constexpr Parameter row(std::string_view name, Repeat repeat, std::string_view choices = {}) {
  return {name, "char", "*", "", "", "", repeat, choices, "", true};
}
constexpr std::array declared = {row("ID", Repeat::single),
                                 row("POS", Repeat::list),
                                 row("POL", Repeat::filter),
                                 row("CIRCLE", Repeat::list),
                                 row("DETAIL", Repeat::single, "Image|MaskedImage|All"),
                                 row("RESPONSEFORMAT", Repeat::single)};

Form form(std::initializer_list<std::pair<const char*, const char*>> fields) {
  Form made;
  for (const auto& [name, value] : fields) made.fields.push_back({name, value});
  return made;
}

std::string refusal(const Form& fields, FailureKind kind = FailureKind::usage) {
  try {
    const Arguments arguments(fields, declared);
  } catch (const Failure& failure) {
    BOOST_TEST((failure.kind() == kind));
    return failure.what();
  }
  return "accepted";
}

}  // namespace

BOOST_AUTO_TEST_CASE(names_are_compared_ignoring_case_and_order_is_kept) {
  const Arguments arguments(
      form({{"pos", "a"}, {"Id", "x"}, {"POS", "b"}, {"pol", "I"}, {"PoL", "Q"}}), declared);
  BOOST_TEST(arguments.one("ID").value() == "x");
  BOOST_TEST(arguments.all("POS").size() == 2u);
  BOOST_TEST(arguments.all("POS")[1] == "b");
  BOOST_TEST(arguments.all("POL").size() == 2u);
  BOOST_TEST(!arguments.has("CIRCLE"));
  BOOST_TEST(!arguments.one("CIRCLE").has_value());
  BOOST_TEST(arguments.all("NOSUCH").empty());
  BOOST_TEST(!arguments.empty());
}

BOOST_AUTO_TEST_CASE(values_keep_their_case_and_blanks) {
  const Arguments arguments(form({{"ID", " Ivo://A/b "}}), declared);
  BOOST_TEST(arguments.one("ID").value() == " Ivo://A/b ");
}

BOOST_AUTO_TEST_CASE(empty_values_are_absent) {
  const Arguments arguments(form({{"ID", ""}, {"ID", "  "}, {"ID", "x"}, {"CIRCLE", ""}}),
                            declared);
  BOOST_TEST(arguments.one("ID").value() == "x");
  BOOST_TEST(!arguments.has("CIRCLE"));
  BOOST_TEST(Arguments(form({{"CIRCLE", ""}, {"RUNID", "r"}, {"zzz", "1"}}), declared).empty());
}

BOOST_AUTO_TEST_CASE(repeated_single_values) {
  BOOST_TEST(refusal(form({{"ID", "a"}, {"id", "a"}}), FailureKind::multi_valued) ==
             "ID: one value is supported, received 2");
  BOOST_TEST(refusal(form({{"RESPONSEFORMAT", "a"}, {"ResponseFormat", "b"}})) ==
             "RESPONSEFORMAT: one value is supported, received 2");
  BOOST_TEST(refusal(form({{"RUNID", "a"}, {"RUNID", "b"}})) ==
             "RUNID: one value is supported, received 2");
}

BOOST_AUTO_TEST_CASE(near_misses_name_both) {
  BOOST_TEST(refusal(form({{"CIRLCE", "1"}})) == "CIRLCE: unknown parameter; is CIRCLE meant?");
  BOOST_TEST(refusal(form({{"circl", "1"}})) == "circl: unknown parameter; is CIRCLE meant?");
  BOOST_TEST(refusal(form({{"POZ", ""}})).starts_with("POZ: unknown parameter; is "));
  BOOST_TEST(refusal(form({{"POS", "1"}, {"POL", "1"}})) ==
             "accepted");  // neighbours, both declared
}

BOOST_AUTO_TEST_CASE(other_unknown_names_are_listed_once) {
  const Arguments arguments(form({{"FOO", "1"}, {"foo", "2"}, {"FOO", "3"}, {"", "x"}}), declared);
  BOOST_REQUIRE_EQUAL(arguments.ignored().size(), 3u);
  BOOST_TEST(arguments.ignored()[0] == "FOO");
  BOOST_TEST(arguments.ignored()[1] == "foo");
}

BOOST_AUTO_TEST_CASE(choices_get_the_declared_spelling) {
  BOOST_TEST(Arguments(form({{"DETAIL", "maskedimage "}}), declared).one("DETAIL").value() ==
             "MaskedImage");
  BOOST_TEST(refusal(form({{"DETAIL", "Some"}})) ==
             "DETAIL: one of Image|MaskedImage|All is expected, received \"Some\"");
}

BOOST_AUTO_TEST_CASE(run_ids) {
  BOOST_TEST(Arguments(form({{"runid", "a"}}), declared).one("RUNID").value() == "a");
  BOOST_TEST(Arguments(form({{"runid", "a"}}), {}).ignored().empty());
  BOOST_TEST(Arguments(form({{"RUNID", std::string(64, 'r').c_str()}}), declared).has("RUNID"));
  BOOST_TEST(refusal(form({{"RUNID", std::string(65, 'r').c_str()}})) ==
             "RUNID: at most 64 characters are accepted, received 65");
}

BOOST_AUTO_TEST_CASE(twenty_thousand_fields_are_quick) {
  Form many;
  for (int i = 0; i < 20000; ++i) {
    many.fields.push_back(
        {i % 2 == 0 ? "CIRCLE" : "XCIRCLE" + std::to_string(i), std::string(100, '1')});
  }
  const auto since = std::chrono::steady_clock::now();
  const Arguments arguments(many, declared);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - since;
  BOOST_TEST(arguments.all("CIRCLE").size() == 10000u);
  BOOST_TEST(arguments.ignored().size() == 10000u);
  BOOST_TEST(elapsed.count() < 3);  // some 20 ms when idle; quadratic work would take minutes
  Form long_names;
  for (int i = 0; i < 20; ++i)
    long_names.fields.push_back({std::string(50000, 'C') + std::to_string(i), "1"});
  BOOST_TEST(Arguments(long_names, declared).ignored().size() == 20u);
}
