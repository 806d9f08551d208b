// Rows and descriptors of hand-made data sets: what is offered, within which limits, and what is
// left out.
#define BOOST_TEST_MODULE datalink
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numbers>

#include "base/text.h"
#include "datalink/cutters.h"
#include "datalink/links.h"
#include "store/outline.h"

namespace {

using namespace soda;
using datalink::Link;
using datalink::Links;
using store::HduRecord;
using Texts = std::vector<std::string>;

HduRecord image(int index, int grid, const std::string& name = {}, int bitpix = -32) {
  HduRecord hdu;
  hdu.index = index;
  hdu.kind = "image";
  hdu.extname = name;
  hdu.bitpix = bitpix;
  hdu.shape = {20, 10};
  hdu.grid = grid;
  hdu.outline = {10.01, 19.99, 9.99, 19.99, 9.99, 20.01, 10.01, 20.01};
  return hdu;
}

HduRecord table(int index) {
  HduRecord hdu;
  hdu.index = index;
  hdu.kind = "table";
  return hdu;
}

store::Dataset dataset(std::vector<HduRecord> hdus, int hdu = 0) {
  store::Holding holding;
  holding.file.id = 3;
  holding.file.root = "d";
  holding.file.path = "n/a b.fits";
  holding.file.size = 5760;
  holding.hdus = std::move(hdus);
  store::Dataset out;
  out.id = hdu < 0 ? 0 : 7;
  out.hdu = hdu;
  out.obscore.obs_publisher_did = "ivo://x/c?a&b";
  out.obscore.dataproduct_type = "image";
  out.holding = std::make_shared<const store::Holding>(std::move(holding));
  return out;
}

// A cutter with one parameter of each kind.
xml::ServiceDescriptor cutter() {
  xml::ServiceDescriptor service;
  service.name = "sync";
  service.access_url = "http://h/vo/sync";
  service.content_type = "application/fits";
  for (const char* name : {"ID", "POS", "CIRCLE", "POLYGON", "BAND", "TIME", "POL", "CHANNEL",
                           "PIXELS", "EXT", "DETAIL", "MASK", "PAD"}) {
    xml::Input& input = service.inputs.emplace_back();
    input.column.name = name;
    input.column.datatype = "char";
  }
  service.inputs[6].values.options = {"I", "Q", "U", "V"};
  service.inputs[11].values.options = {"none", "nan", "plane"};
  return service;
}

Links links(const store::Dataset& of) {
  const auto config = site::Config::parse("base_url = \"http://h/vo\"", "test.toml");
  const std::vector cutters = {cutter()};
  return datalink::links_of(of, dali::Places(config), cutters,
                            [](const store::Dataset&) { return std::string("north is up"); });
}

Texts terms(const Links& of) {
  Texts out;
  for (const Link& row : of.rows) out.push_back(row.semantics);
  return out;
}

Texts details(const store::Dataset& of) {
  Texts out;
  for (const auto& level : datalink::levels_of(of)) out.emplace_back(level.detail);
  return out;
}

Texts names(const xml::ServiceDescriptor& service) {
  Texts out;
  for (const auto& input : service.inputs) out.push_back(input.column.name);
  return out;
}

const xml::Input& input(const xml::ServiceDescriptor& service, std::string_view name) {
  const auto found = std::ranges::find_if(
      service.inputs, [&](const xml::Input& each) { return each.column.name == name; });
  BOOST_REQUIRE(found != service.inputs.end());
  return *found;
}

xml::ServiceDescriptor fitted(const store::Dataset& of) {
  return datalink::for_dataset(cutter(), of, datalink::levels_of(of).front(), "x");
}

const auto each = boost::test_tools::per_element();

}  // namespace

BOOST_AUTO_TEST_CASE(rows_of_an_image) {
  const Links made = links(dataset({image(0, 0)}));
  BOOST_TEST(terms(made) ==
                 (Texts{"#this", "#preview-image", "#thumbnail", "#cutout", "#detached-header"}),
             each);
  const Link& file = made.rows[0];
  BOOST_TEST(file.access_url == "http://h/vo/data?ID=ivo%3A%2F%2Fx%2Fc%3Fa%26b");
  BOOST_TEST(file.description == "The file a b.fits");
  BOOST_TEST(file.content_length.value_or(0) == 5760);
  BOOST_TEST(made.rows[1].access_url ==
             "http://h/vo/data?ID=ivo%3A%2F%2Fx%2Fc%3Fa%26b&PART=preview");
  BOOST_TEST(made.rows[1].description == "Picture of the image: north is up");
  BOOST_TEST(made.rows[3].service_def == "sync-7-image");
  BOOST_TEST(made.descriptors.find("ID=\"sync-7-image\"") != std::string::npos);
  for (const Link& row : made.rows) {
    BOOST_TEST(row.access_url.empty() + row.service_def.empty() + row.error_message.empty() == 2);
  }
}

BOOST_AUTO_TEST_CASE(a_level_for_each_difference) {
  BOOST_TEST(details(dataset({image(0, 0)})) == Texts{"Image"}, each);
  BOOST_TEST(details(dataset({image(1, 0, "SCI"), image(2, 0, "ERR")}, 1)) ==
                 (Texts{"Image", "MaskedImage"}),
             each);
  BOOST_TEST(details(dataset({image(1, 0), image(2, 1), table(3)}, 1)) == (Texts{"Image", "All"}),
             each);
  BOOST_TEST(details(dataset({image(1, 0), image(2, 1), table(3)}, -1)) == (Texts{"Image", "All"}),
             each);
}

BOOST_AUTO_TEST_CASE(companions_in_the_file_by_their_names) {
  const auto of = dataset({image(1, 0, "SCI"), image(2, 0, "wht"), image(3, 0, "VARIANCE"),
                           image(4, 0, "RMS"), image(5, 0, "DQ"), image(6, 1, "ERR")},
                          1);
  const Links made = links(of);
  Texts found;
  for (const Link& row : made.rows) {
    if (row.local_semantics.starts_with("hdu-")) {
      found.push_back(row.semantics + row.access_url.substr(row.access_url.find("&EXT")));
    }
  }
  BOOST_TEST(found == (Texts{"#weight&EXT=2", "#error&EXT=3", "#noise&EXT=4"}), each);
}

BOOST_AUTO_TEST_CASE(limits_are_the_data_sets_own) {
  auto of = dataset({image(0, 0)});
  of.obscore.em_min = 5e-7;
  of.obscore.em_max = 6e-7;
  of.obscore.em_xel = 30;
  of.obscore.pol_states = "/I/V/";
  const auto service = fitted(of);
  BOOST_TEST(names(service) == (Texts{"ID", "POS", "CIRCLE", "POLYGON", "BAND", "POL", "CHANNEL",
                                      "PIXELS", "DETAIL", "MASK", "PAD"}),
             each);
  BOOST_TEST(input(service, "ID").value == "ivo://x/c?a&b");
  BOOST_TEST(input(service, "DETAIL").value == "Image");
  BOOST_TEST(input(service, "POLYGON").values.maximum ==
             "10.01 19.99 9.99 19.99 9.99 20.01 10.01 20.01");
  BOOST_TEST(input(service, "BAND").values.minimum == "5e-07");
  BOOST_TEST(input(service, "BAND").values.maximum == "6e-07");
  BOOST_TEST(input(service, "CHANNEL").values.maximum == "30");
  BOOST_TEST(input(service, "POL").values.options == (Texts{"I", "V"}), each);
  BOOST_TEST(input(service, "PIXELS").column.description.ends_with("[1:20,1:10]"));
  BOOST_TEST(input(service, "MASK").values.options == (Texts{"none", "nan", "plane"}), each);
}

BOOST_AUTO_TEST_CASE(what_could_not_succeed_is_left_out) {
  HduRecord plain = image(0, 0, "", 16);
  plain.outline.clear();
  BOOST_TEST(names(fitted(dataset({plain}))) == (Texts{"ID", "PIXELS", "DETAIL"}), each);
  const auto integers = fitted(dataset({image(0, 0, "", 16)}));
  BOOST_TEST(input(integers, "MASK").values.options == (Texts{"none", "plane"}), each);
  HduRecord blank = image(0, 0, "", 16);
  blank.cards = "BLANK   =               -32768" + std::string(50, ' ');
  const auto with_blank = fitted(dataset({blank}));
  BOOST_TEST(input(with_blank, "MASK").values.options.size() == 3U);
  input(with_blank, "PAD");
}

BOOST_AUTO_TEST_CASE(several_images_are_no_polygon) {
  HduRecord other = image(2, 1, "B");
  other.outline = {11.01, 19.99, 10.99, 19.99, 10.99, 20.01, 11.01, 20.01};
  const auto service = fitted(dataset({image(1, 0, "A"), other, image(3, 2)}, -1));
  BOOST_TEST(input(service, "POLYGON").values.maximum.empty());
  BOOST_TEST(input(service, "CIRCLE").values.maximum.starts_with("10."));
  BOOST_TEST(input(service, "EXT").values.options == (Texts{"A", "B", "3"}), each);
  HduRecord sky = image(0, 0);
  sky.outline.clear();
  sky.all_sky = true;
  BOOST_TEST(input(fitted(dataset({sky})), "CIRCLE").values.maximum == "0 0 180");
}

BOOST_AUTO_TEST_CASE(rows_of_relations_and_of_catalogues) {
  auto of = dataset({image(0, 0)});
  store::Relation file;
  file.id = 12;
  file.kind = store::Relation::Kind::file;
  file.semantics = "#weight";
  file.target = "n/a.weight.fits";
  store::Relation parent;
  parent.kind = store::Relation::Kind::dataset;
  parent.semantics = "#progenitor";
  parent.target = "ivo://x/c?raw";
  of.relations = {file, parent};
  const Links made = links(of);
  BOOST_REQUIRE_EQUAL(made.rows.size(), 7U);
  BOOST_TEST(made.rows[5].access_url ==
             "http://h/vo/data?ID=ivo%3A%2F%2Fx%2Fc%3Fa%26b&PART=relation&LINK=12");
  BOOST_TEST(made.rows[6].access_url == "http://h/vo/links?ID=ivo%3A%2F%2Fx%2Fc%3Fraw");
  BOOST_TEST(made.rows[6].content_type == "application/x-votable+xml;content=datalink");

  store::Dataset row;
  row.obscore.obs_publisher_did = "ivo://x/cat";
  BOOST_TEST(links(row).rows.front().error_message.starts_with("NotFoundFault: "));
  row.obscore.access_url = "https://elsewhere/x";
  row.obscore.access_format = "image/fits";
  const Links elsewhere = links(row);
  BOOST_REQUIRE_EQUAL(elsewhere.rows.size(), 1U);
  BOOST_TEST(elsewhere.rows[0].access_url == "https://elsewhere/x");
  BOOST_TEST(elsewhere.rows[0].content_type == "image/fits");
}

// Against the haversine of each point, and of points between two neighbours.
BOOST_AUTO_TEST_CASE(circles_hold_their_outlines) {
  const std::vector<std::vector<double>> outlines = {
      {10.01, 19.99, 9.99, 19.99, 9.99, 20.01, 10.01, 20.01},
      {359.9, -0.1, 0.1, -0.1, 0.1, 0.1, 359.9, 0.1},
      {0, 89, 90, 89, 180, 89, 270, 89},
      {0, -60, 60, -60, 60, 0, 0, 0},
      {5, 5, 5.00001, 5, 5.00001, 5.00001},
  };
  const double degree = std::numbers::pi / 180;
  for (const auto& outline : outlines) {
    const std::string text = store::circle_around(outline);
    const auto numbers = split_blanks(text);
    BOOST_REQUIRE_EQUAL(numbers.size(), 3U);
    const double lon = *to_double(numbers[0]) * degree, lat = *to_double(numbers[1]) * degree;
    const double radius = *to_double(numbers[2]);
    double farthest = 0;
    for (std::size_t i = 0; i + 1 < outline.size(); i += 2) {
      const double l = outline[i] * degree, b = outline[i + 1] * degree;
      const double h = std::pow(std::sin((b - lat) / 2), 2) +
                       std::cos(b) * std::cos(lat) * std::pow(std::sin((l - lon) / 2), 2);
      farthest = std::max(farthest, 2 * std::asin(std::sqrt(h)) / degree);
    }
    BOOST_TEST(farthest <= radius);
    BOOST_TEST(farthest > radius - 1e-5);
  }
  BOOST_TEST(store::circle_around(std::vector<double>{}).empty());
  BOOST_TEST(store::circle_around(std::vector<double>{0, 0, 180, 0}).ends_with(" 180.000000"));
}
