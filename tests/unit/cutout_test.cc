// Planning is a pure function of header text, shape and parameters: no file is opened here. Sky
// positions come from astropy's all_pix2world on the same header.
#define BOOST_TEST_MODULE cutout
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "base/failure.h"
#include "cutout/params.h"
#include "cutout/plan.h"

using namespace soda;
using namespace soda::cutout;

namespace {

std::string cards(std::initializer_list<std::string> lines) {
  std::string out;
  for (const auto& line : lines) out += fmt::format("{:<80}", line);
  return out;
}

// 0.001 degree pixels, north up, east left, (50,40) at RA 10, Dec 0.
const std::string tan_cards =
    cards({"CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'", "CRVAL1  = 10.0", "CRVAL2  = 0.0",
           "CRPIX1  = 50.0", "CRPIX2  = 40.0", "CDELT1  = -0.001", "CDELT2  = 0.001",
           "RADESYS = 'ICRS'"});

store::HduRecord image(int index, int bitpix, std::vector<std::int64_t> shape, std::string more,
                       int grid) {
  store::HduRecord record;
  record.index = index;
  record.kind = "image";
  record.bitpix = bitpix;
  record.grid = grid;
  record.data_offset = 2880;
  record.data_length = std::abs(bitpix) / 8;
  record.cards =
      cards({index == 0 ? "SIMPLE  = T" : "XTENSION= 'IMAGE   '",
             fmt::format("BITPIX  = {}", bitpix), fmt::format("NAXIS   = {}", shape.size())});
  for (std::size_t i = 0; i < shape.size(); ++i) {
    record.cards += cards({fmt::format("NAXIS{}  = {}", i + 1, shape[i])});
    record.data_length *= shape[i];
  }
  record.shape = std::move(shape);
  record.cards += more;
  return record;
}

struct Fixture {
  store::Dataset dataset;
  std::shared_ptr<store::Holding> holding = std::make_shared<store::Holding>();
  Limits limits;

  Fixture() { dataset.obscore.obs_publisher_did = "ivo://x/y?z"; }

  std::variant<Plan, NoOverlap> plan_of(
      const std::vector<std::pair<std::string, std::string>>& parameters) {
    http::Form form;
    for (const auto& [name, value] : parameters) form.fields.push_back({name, value});
    dataset.holding = holding;
    return plan(dataset, make_source(holding),
                parse_cut(dali::Arguments(form, cutout::parameters()), 100), limits, "2026-01-31");
  }
  Plan good(const std::vector<std::pair<std::string, std::string>>& parameters) {
    auto result = plan_of(parameters);
    if (const auto* miss = std::get_if<NoOverlap>(&result))
      BOOST_ERROR(miss->axis + ": " + miss->reason);
    BOOST_REQUIRE(std::holds_alternative<Plan>(result));
    return std::get<Plan>(std::move(result));
  }
  std::string refused(const std::vector<std::pair<std::string, std::string>>& parameters,
                      FailureKind kind = FailureKind::usage) {
    try {
      plan_of(parameters);
    } catch (const Failure& failure) {
      BOOST_TEST((failure.kind() == kind));
      return failure.what();
    }
    BOOST_ERROR("not refused");
    return {};
  }
};

struct Single : Fixture {
  Single() { holding->hdus.push_back(image(0, -32, {100, 80}, tan_cards, 0)); }
};

struct Multi : Fixture {  // primary, SCI, ERR, DQ, another grid, a small table
  Multi() {
    store::HduRecord primary;
    primary.kind = "image";
    primary.cards =
        cards({"SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0", "EXTEND  = T", "NEXTEND = 5"});
    holding->hdus.push_back(primary);
    holding->hdus.push_back(image(1, -32, {100, 80}, tan_cards, 0));
    holding->hdus.push_back(image(2, -32, {100, 80}, tan_cards, 0));
    holding->hdus.push_back(image(3, 16, {100, 80}, "", 0));
    holding->hdus.push_back(image(4, 16, {10, 10}, "", 1));
    store::HduRecord table;
    table.index = 5;
    table.kind = "table";
    table.extname = "BEAMS";
    table.data_offset = 100000;
    table.data_length = 100;
    table.cards = cards({"XTENSION= 'BINTABLE'", "EXTNAME = 'BEAMS'"});
    holding->hdus.push_back(table);
    const char* names[] = {"", "SCI", "ERR", "DQ", "THUMB"};
    for (int i = 0; i < 5; ++i) holding->hdus[i].extname = names[i];
    dataset.hdu = 1;
  }
};

const Pixels& pixels(const Plan& plan, std::size_t i) {
  return std::get<Pixels>(plan.hdus.at(i).data);
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(whole_image, Single) {
  const auto p = good({});
  BOOST_TEST(p.hdus.size() == 1U);
  BOOST_TEST(p.hdus[0].data_length == 100 * 80 * 4);
  BOOST_TEST(p.length == 2880 + (100 * 80 * 4 + 2879) / 2880 * 2880);
  BOOST_TEST(p.hdus[0].header.unfold().string("SODAID").value() == "ivo://x/y?z");
}

BOOST_FIXTURE_TEST_CASE(circle_of_ten_pixels, Single) {
  // Centre (50,40), radius 5.2 pixels: pixels 44.8 to 55.2 -> 45 to 55.
  const auto p = good({{"CIRCLE", "10 0 0.0052"}});
  BOOST_TEST((pixels(p, 0).inside == std::vector<wcs::PixelInterval>{{45, 55}, {35, 45}}));
  BOOST_TEST(p.hdus[0].header.unfold().real("CRPIX1").value() == 6.0);
  BOOST_TEST(p.hdus[0].header.unfold().integer("SODAF2").value() == 35);
  BOOST_TEST(p.hdus[0].header.unfold().integer("SODAL2").value() == 11);
  BOOST_TEST(p.hdus[0].header.unfold().string("SODACUT").value() == "CIRCLE=10 0 0.0052");
}

BOOST_FIXTURE_TEST_CASE(a_tiny_circle_is_one_pixel, Single) {
  const auto p = good({{"CIRCLE", "10 0 1e-9"}});
  BOOST_TEST((pixels(p, 0).inside == std::vector<wcs::PixelInterval>{{50, 50}, {40, 40}}));
}

BOOST_FIXTURE_TEST_CASE(over_the_edge_clipped_and_padded, Single) {
  const auto clipped = good({{"CIRCLE", "10.049 0 0.0052"}});  // pixel 1
  BOOST_TEST((pixels(clipped, 0).asked == std::vector<wcs::PixelInterval>{{1, 6}, {35, 45}}));
  const auto padded = good({{"CIRCLE", "10.049 0 0.0052"}, {"PAD", "true"}});
  BOOST_TEST((pixels(padded, 0).asked == std::vector<wcs::PixelInterval>{{-4, 6}, {35, 45}}));
  BOOST_TEST((pixels(padded, 0).inside == std::vector<wcs::PixelInterval>{{1, 6}, {35, 45}}));
  BOOST_TEST(padded.hdus[0].header.unfold().real("CRPIX1").value() == 55.0);
}

BOOST_FIXTURE_TEST_CASE(brect_in_pixels_has_that_many, Single) {
  BOOST_TEST((pixels(good({{"POS", "BRECT 10 0 51 20 pixel"}}), 0).inside ==
              std::vector<wcs::PixelInterval>{{25, 75}, {31, 50}}));
  BOOST_TEST((pixels(good({{"POS", "brect 10 0 3.5 3.5 arcsec"}}), 0).inside ==
              std::vector<wcs::PixelInterval>{{50, 50}, {40, 40}}));
}

BOOST_FIXTURE_TEST_CASE(pixel_sections, Single) {
  BOOST_TEST((pixels(good({{"PIXELS", "[3:7,*]"}}), 0).inside ==
              std::vector<wcs::PixelInterval>{{3, 7}, {1, 80}}));
  BOOST_TEST((pixels(good({{"PIXELS", "[90:200,5]"}}), 0).inside ==
              std::vector<wcs::PixelInterval>{{90, 100}, {5, 5}}));
  BOOST_TEST(std::holds_alternative<NoOverlap>(plan_of({{"PIXELS", "[101:200,*]"}})));
  for (const char* bad : {"3:7,1:2", "[3:7]", "[1:2,1:2,1:2]", "[0:7,*]", "[7:3,*]", "[1:9:2,*]",
                          "[a:b,*]", "[*,99999999999999999999]"}) {
    BOOST_TEST_CONTEXT(bad) { BOOST_TEST(refused({{"PIXELS", bad}}).find("PIXELS") == 0U); }
  }
}

BOOST_FIXTURE_TEST_CASE(misses_name_the_axis, Single) {
  const auto sky = plan_of({{"CIRCLE", "190 0 0.1"}});
  BOOST_TEST(std::get<NoOverlap>(sky).axis == "POS");
  dataset.obscore.em_min = 5e-7;
  dataset.obscore.em_max = 6e-7;
  BOOST_TEST(std::get<NoOverlap>(plan_of({{"BAND", "7e-7 8e-7"}})).axis == "BAND");
  BOOST_TEST(good({{"BAND", "5.5e-7"}}).warnings.empty());
}

BOOST_FIXTURE_TEST_CASE(a_filter_that_nobody_can_judge_is_told, Single) {
  const auto p = good({{"TIME", "50000 60000"}});
  BOOST_TEST(p.warnings.size() == 1U);
  BOOST_TEST(p.hdus[0].header.unfold().string("SODAWRN1").value().find("TIME was not applied") ==
             0U);
}

BOOST_FIXTURE_TEST_CASE(shapes_that_are_refused, Single) {
  for (const char* bad :
       {"CIRCLE", "CIRCLE 1 2", "CIRCLE 1 2 3 4", "CIRCLE 1 2 NaN", "CIRCLE 1 2 -1", "CIRCLE 1 2 0",
        "CIRCLE 1 91 1", "CIRCLE 1 2 181", "SQUARE 1 2 3", "", " ", "BRECT 1 2 3",
        "BRECT 1 2 3 4 furlong", "BRECT 1 2 -3 4", "BRECT 1 2 NaN 4", "BRECT 1 2 Inf 4 pixel",
        "POLYGON 1 1 2 2", "RANGE 1 2 3", "RANGE 1 2 4 3"}) {
    if (std::string_view(bad).find_first_not_of(' ') == std::string_view::npos)
      continue;  // empty: absent
    BOOST_TEST_CONTEXT(bad) { BOOST_TEST(!refused({{"POS", bad}}).empty()); }
  }
  BOOST_TEST(
      !refused({{"CIRCLE", "1 2 3"}, {"POS", "CIRCLE 1 2 3"}}, FailureKind::multi_valued).empty());
  BOOST_TEST(refused({{"MASK", "nan"}}).find("MASK") == 0U);
}

BOOST_FIXTURE_TEST_CASE(the_size_limit_names_both_sizes, Single) {
  limits.answer = 10000;
  const auto sentence = refused({}, FailureKind::too_large);
  BOOST_TEST(sentence.find("32000") != std::string::npos);
  BOOST_TEST(sentence.find("10000") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(companions_come_along, Multi) {
  const auto p = good({{"CIRCLE", "10 0 0.0052"}});
  BOOST_TEST(p.hdus.size() == 5U);  // primary, SCI, ERR, DQ, BEAMS; not the thumbnail
  BOOST_TEST((pixels(p, 3).inside == pixels(p, 1).inside));
  BOOST_TEST(p.hdus[0].header.unfold().integer("NEXTEND").value() == 4);
  BOOST_TEST(p.hdus[0].header.unfold().integer("SODAF1").value() == 45);
  BOOST_TEST(good({{"DETAIL", "Image"}}).hdus.size() == 2U);
  BOOST_TEST(good({{"DETAIL", "maskedimage"}}).hdus.size() == 4U);
  BOOST_TEST(good({{"CUTOUTDETAIL", "Exposure"}}).hdus.size() == 5U);
  limits.small_table = 50;
  BOOST_TEST(good({}).hdus.size() == 4U);
  limits.tables = {"beams"};
  BOOST_TEST(good({}).hdus.size() == 5U);
}

BOOST_FIXTURE_TEST_CASE(ext_narrows, Multi) {
  BOOST_TEST(good({{"EXT", "err"}}).hdus.size() == 2U);
  BOOST_TEST(good({{"EXT", "1"}, {"EXT", "3"}}).hdus.size() == 3U);
  BOOST_TEST(pixels(good({{"EXT", "THUMB"}}), 1).hdu == 4);
  BOOST_TEST(refused({{"EXT", "NONE"}}).find("NONE") != std::string::npos);
  BOOST_TEST(refused({{"EXT", "BEAMS"}}).find("no image") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(masking_needs_a_blank_in_the_image_itself_only, Multi) {
  const auto p = good({{"CIRCLE", "10 0 0.0052"}, {"MASK", "nan"}});
  BOOST_TEST(pixels(p, 1).blank_outside);
  BOOST_TEST(!pixels(p, 3).blank_outside);  // DQ, 16 bit, no BLANK
  BOOST_TEST(refused({{"CIRCLE", "10 0 0.0052"}, {"MASK", "nan"}, {"EXT", "DQ"}}).find("BLANK") !=
             std::string::npos);
  const auto plane = good({{"CIRCLE", "10 0 0.0052"}, {"MASK", "plane"}});
  BOOST_TEST(plane.hdus.size() == 6U);
  BOOST_TEST(plane.hdus.back().header.unfold().real("CRPIX1").value() == 6.0);
  BOOST_TEST(plane.hdus.back().data_length == 121);
}

BOOST_FIXTURE_TEST_CASE(whole_file_takes_every_image_that_overlaps, Multi) {
  dataset.hdu = -1;
  const auto p = good({{"CIRCLE", "10 0 0.0052"}, {"DETAIL", "Image"}});
  BOOST_TEST(p.hdus.size() == 4U);
}

BOOST_FIXTURE_TEST_CASE(companions_may_lack_degenerate_axes, Fixture) {
  holding->hdus.push_back(image(0, -32, {100, 80, 1, 1}, tan_cards, 0));
  holding->hdus.push_back(image(1, 16, {100, 80}, "", 0));
  const auto p = good({{"CIRCLE", "10 0 0.0052"}});
  BOOST_TEST(pixels(p, 0).inside.size() == 4U);
  BOOST_TEST((pixels(p, 1).inside == std::vector<wcs::PixelInterval>{{45, 55}, {35, 45}}));
}

BOOST_FIXTURE_TEST_CASE(an_image_primary_that_is_not_cut_keeps_its_header, Fixture) {
  holding->hdus.push_back(image(0, 16, {5, 5}, cards({"OBJECT  = 'M 31'"}), 0));
  holding->hdus.push_back(image(1, -32, {100, 80}, tan_cards, 1));
  dataset.hdu = 1;
  const auto p = good({{"CIRCLE", "10 0 0.0052"}});
  BOOST_TEST(p.hdus.size() == 2U);
  BOOST_TEST(p.hdus[0].header.unfold().integer("NAXIS").value() == 0);
  BOOST_TEST(p.hdus[0].header.unfold().string("OBJECT").value() == "M 31");
}

BOOST_FIXTURE_TEST_CASE(stale_checksums_never_pass, Fixture) {
  holding->hdus.push_back(image(
      0, -32, {100, 80}, tan_cards + cards({"CHECKSUM= '0000000000000000'", "DATASUM = '0'"}), 0));
  BOOST_TEST(good({{"CIRCLE", "10 0 0.0052"}}).hdus[0].sign);
  limits.signing_budget = 100;
  const auto p = good({{"CIRCLE", "10 0 0.0052"}});
  BOOST_TEST(!p.hdus[0].sign);
  BOOST_TEST(!p.hdus[0].header.unfold().has("CHECKSUM"));
  BOOST_TEST(!p.hdus[0].header.unfold().has("DATASUM"));
}

BOOST_FIXTURE_TEST_CASE(cube_axes, Fixture) {
  const auto spectral = cards({"CTYPE3  = 'FREQ'", "CUNIT3  = 'Hz'", "CRVAL3  = 1.4E9",
                               "CRPIX3  = 1.0", "CDELT3  = 1.0E6", "CTYPE4  = 'STOKES'",
                               "CRVAL4  = 1.0", "CRPIX4  = 1.0", "CDELT4  = 1.0"});
  holding->hdus.push_back(image(0, -32, {100, 80, 10, 4}, tan_cards + spectral, 0));
  // Channel edges 1399.5 + i MHz: 1402.2 to 1403.8 MHz touches channels 3 (1401.5-1402.5) to 5
  // (1403.5-1404.5).
  const auto p = good({{"BAND", fmt::format("{} {}", 299792458 / 1403.8e6, 299792458 / 1402.2e6)}});
  BOOST_TEST((pixels(p, 0).inside[2] == wcs::PixelInterval{3, 5}));
  BOOST_TEST((pixels(good({{"CHANNEL", "2 3"}}), 0).inside[2] == wcs::PixelInterval{2, 3}));
  BOOST_TEST((pixels(good({{"POL", "Q"}, {"POL", "U"}}), 0).inside[3] == wcs::PixelInterval{2, 3}));
  BOOST_TEST(refused({{"POL", "I"}, {"POL", "V"}}).find("neighbour") != std::string::npos);
  BOOST_TEST(std::get<NoOverlap>(plan_of({{"POL", "XX"}})).axis == "POL");
  BOOST_TEST(std::get<NoOverlap>(plan_of({{"CHANNEL", "11 12"}})).axis == "CHANNEL");
  const auto offset = good({{"BAND", "0.2 0.22"}, {"CHANNEL", "2 3"}, {"PIXELS", "[*,*,3:9,*]"}});
  BOOST_TEST((pixels(offset, 0).inside[2] == wcs::PixelInterval{3, 3}));
}

BOOST_AUTO_TEST_CASE(every_parameter_is_declared_well) {
  for (const auto& p : cutout::parameters()) {
    BOOST_TEST_CONTEXT(p.name) {
      BOOST_TEST(!p.description.empty());
      BOOST_TEST(!p.ucd.empty());
      BOOST_TEST(!p.datatype.empty());
    }
  }
}
