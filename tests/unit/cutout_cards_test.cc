// Header edits of a cut: expected cards are worked out by hand from FITS 4.0 and the IRAF
// conventions.
#include <boost/test/unit_test.hpp>

#include "cutout/cards.h"
#include "cutout/sections.h"

using namespace soda;
using wcs::PixelInterval;

namespace {

fits::Header header_of(std::initializer_list<const char*> cards) {
  fits::Header header;
  for (const char* card : cards) header.append(card);
  return header;
}

const std::vector<std::int64_t> shape{100, 80};
const std::vector<PixelInterval> box{{11, 30}, {21, 60}};

}  // namespace

BOOST_AUTO_TEST_SUITE(cards)

BOOST_AUTO_TEST_CASE(every_alternate_moves) {
  auto h = header_of({"SIMPLE  =                    T", "NAXIS   =                    2",
                      "NAXIS1  =                  100 / columns", "NAXIS2  =                   80",
                      "CTYPE1  = 'RA---TAN'", "CTYPE2  = 'DEC--TAN'",
                      "CRPIX1  =                 50.5 / ref", "CRPIX2  =                   40",
                      "CRPIX1A =                 12.0", "CTYPE2A = 'LINEAR'",
                      "CRPIX1P =               1.25E1", "CRPIX3  =                  7.0",
                      "CRPIXEL =                 3"});
  cutout::shift_image(h, shape, box);
  BOOST_TEST(h.integer("NAXIS1").value() == 20);
  BOOST_TEST(h.integer("NAXIS2").value() == 40);
  BOOST_TEST(h.real("CRPIX1").value() == 40.5);
  BOOST_TEST(h.real("CRPIX2").value() == 20.0);
  BOOST_TEST(h.real("CRPIX1A").value() == 2.0);
  BOOST_TEST(h.real("CRPIX2A").value() == -20.0);  // absent meant 0
  BOOST_TEST(h.real("CRPIX1P").value() == 2.5);
  BOOST_TEST(h.real("CRPIX3").value() == 7.0);  // no such pixel axis
  BOOST_TEST(h.integer("CRPIXEL").value() == 3);
  BOOST_TEST(std::string(h.card(*h.find("NAXIS1"))).find("/ columns") != std::string::npos);
  BOOST_TEST(std::string(h.card(*h.find("CRPIX1"))).find("/ ref") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_folded_away_is_nothing_that_a_cut_edits) {
  const auto whole =
      std::make_shared<const fits::Header>(header_of({"SIMPLE  =                    T",
                                                      "BITPIX  =                   16",
                                                      "NAXIS   =                    2",
                                                      "NAXIS1  =                  100",
                                                      "NAXIS2  =                   80",
                                                      "EXTEND  =                    T",
                                                      "COMMENT one",
                                                      "CTYPE1  = 'RA---TAN'",
                                                      "CTYPE2A = 'LINEAR'",
                                                      "CRVAL1  =                   5.",
                                                      "CRPIX1  =                 50.5 / ref",
                                                      "CRPIX1A =                 12.0",
                                                      "OBJECT  = 'M 31'",
                                                      "LTM1_1  =                  1.0",
                                                      "LTV1    =                 -5.0",
                                                      "HISTORY two",
                                                      "CNPIX1  =                 1000",
                                                      "DATAMIN =                    1",
                                                      "DATASEC = '[5:100,1:80]'",
                                                      "DETSEC  = '[1:200,1:160]'",
                                                      "TRIMSEC = 'no&'",
                                                      "CONTINUE  'thing'",
                                                      "BZERO   =                32768",
                                                      "NEXTEND =                    4",
                                                      "CHECKSUM= 'abc'",
                                                      "SODAF1  =                    7"}));
  fits::FoldedHeader folded(whole, cutout::may_change);
  BOOST_TEST(folded.unfold().cards() == whole->cards());
  BOOST_TEST(!folded.open.has("OBJECT"));
  fits::Header edited = *whole;
  for (fits::Header* header : {&edited, &folded.open}) {
    cutout::shift_image(*header, shape, box);
    cutout::shift_lookup(*header, box);
    cutout::add_box_cards(*header, box);
  }
  BOOST_TEST(folded.unfold().cards() == edited.cards());
  cutout::drop_data(edited);
  cutout::drop_data(folded.open);
  BOOST_TEST(folded.unfold().cards() == edited.cards());
}

BOOST_AUTO_TEST_CASE(whole_image_changes_nothing) {
  auto h = header_of({"NAXIS1  =                  100", "NAXIS2  =                   80",
                      "CRPIX1  = 5.0E+01 / odd text", "DATAMAX =                  9.5",
                      "DATASEC = '[1:100,1:80]'"});
  const auto before = h.cards();
  cutout::shift_image(h, shape, std::vector<PixelInterval>{{1, 100}, {1, 80}});
  BOOST_TEST(h.cards() == before);
}

BOOST_AUTO_TEST_CASE(physical_and_plate_coordinates) {
  auto h = header_of({"LTM1_1  =                  1.0", "LTV1    =                 -5.0",
                      "CNPIX1  =                 1000", "CNPIX2  =                 2000",
                      "DATAMIN = 1", "DATAMAX = 2"});
  cutout::shift_image(h, shape, box);
  BOOST_TEST(h.real("LTV1").value() == -15.0);
  BOOST_TEST(h.real("LTV2").value() == -20.0);
  BOOST_TEST(h.integer("CNPIX1").value() == 1010);
  BOOST_TEST(h.integer("CNPIX2").value() == 2020);
  BOOST_TEST(!h.has("DATAMIN"));
  BOOST_TEST(!h.has("DATAMAX"));
}

BOOST_AUTO_TEST_CASE(no_physical_coordinates_are_invented) {
  auto h = header_of({"CRPIX1  =                  1.0"});
  cutout::shift_image(h, shape, box);
  BOOST_TEST(!h.has("LTV1"));
}

BOOST_AUTO_TEST_CASE(section_grammar) {
  using cutout::parse_section;
  BOOST_TEST(
      (parse_section("[1:2,3:4]").value() == std::vector<cutout::SectionRange>{{1, 2}, {3, 4}}));
  BOOST_TEST((parse_section(" [10:1, 3:4] ").value()[0] == cutout::SectionRange{10, 1}));
  for (const char* bad : {"", "[]", "1:2,3:4", "[1:2", "[1:2,3]", "[a:b]", "[1:2:3]",
                          "[1:99999999999999]", "[1.5:2]"}) {
    BOOST_TEST_CONTEXT(bad) { BOOST_TEST(!parse_section(bad).has_value()); }
  }
}

BOOST_AUTO_TEST_CASE(detector_sections_follow) {
  // DATASEC [5:100,1:80] is CCDSEC [1005:1100,2001:2080], and DETSEC runs backward in x.
  auto h = header_of({"DATASEC = '[5:100,1:80]'       / data", "TRIMSEC = '[25:90,30:50]'",
                      "BIASSEC = '[1:4,1:80]'", "CCDSEC  = '[1005:1100,2001:2080]'",
                      "DETSEC  = '[500:405,1:80]'"});
  cutout::shift_image(h, shape, box);
  BOOST_TEST(h.string("DATASEC").value() == "[1:20,1:40]");
  BOOST_TEST(h.string("TRIMSEC").value() == "[15:20,10:30]");
  BOOST_TEST(h.string("CCDSEC").value() == "[1011:1030,2021:2060]");
  BOOST_TEST(h.string("DETSEC").value() == "[494:475,21:60]");
  BOOST_TEST(!h.has("BIASSEC"));  // nothing of it is in the cut
  BOOST_TEST(h.string("O_BIASSE").value() == "[1:4,1:80]");
}

BOOST_AUTO_TEST_CASE(binned_and_broken_sections) {
  auto h =
      header_of({"DETSEC  = '[1:200,1:160]'", "CCDSEC  = '[1:150,1:80]'", "DATASEC = 'all of it'"});
  auto binned = header_of({"DETSEC  = '[1:200,1:160]'", "CCDSEC  = '[1:150,1:80]'"});
  cutout::shift_image(binned, shape, box);
  BOOST_TEST(binned.string("DETSEC").value() == "[21:60,41:120]");
  BOOST_TEST(binned.string("O_CCDSEC").value() == "[1:150,1:80]");  // 1.5 detector pixels a pixel
  cutout::shift_image(h, shape, box);
  BOOST_TEST(h.string("O_DATASE").value() == "all of it");
  BOOST_TEST(h.has("O_DETSEC"));
}

BOOST_AUTO_TEST_CASE(lookup_tables_move_with_the_image) {
  auto h = header_of({"CRPIX1  = 1.0", "CRVAL1  =                  1.0",
                      "CRVAL2  =                129.5", "CDELT1  = 64.0"});
  cutout::shift_lookup(h, box);
  BOOST_TEST(h.real("CRVAL1").value() == -9.0);
  BOOST_TEST(h.real("CRVAL2").value() == 109.5);
  BOOST_TEST(h.real("CRPIX1").value() == 1.0);
}

BOOST_AUTO_TEST_CASE(mask_plane_takes_the_celestial_axes) {
  auto h = header_of({"CTYPE1  = 'FREQ'", "CTYPE2  = 'RA---SIN'", "CTYPE3  = 'DEC--SIN'",
                      "CRPIX2  =                  9.0", "CD2_2   =                 -0.1",
                      "CD3_2   =                  0.2", "CD1_1   =                  1e6",
                      "PV3_1   =                  0.5", "RADESYS = 'FK5'", "CTYPE2A = 'LINEAR'",
                      "A_ORDER = 2"});
  const auto m = cutout::mask_header(h, 1, 2, 7, 8);
  BOOST_TEST(m.integer("NAXIS1").value() == 7);
  BOOST_TEST(m.integer("BITPIX").value() == 8);
  BOOST_TEST(m.string("CTYPE1").value() == "RA---SIN");
  BOOST_TEST(m.string("CTYPE2").value() == "DEC--SIN");
  BOOST_TEST(m.real("CRPIX1").value() == 9.0);
  BOOST_TEST(m.real("CD1_1").value() == -0.1);
  BOOST_TEST(m.real("CD2_1").value() == 0.2);
  BOOST_TEST(m.real("PV2_1").value() == 0.5);
  BOOST_TEST(m.string("RADESYS").value() == "FK5");
  BOOST_TEST(!m.has("A_ORDER"));
}

BOOST_AUTO_TEST_CASE(a_header_without_data) {
  auto h = header_of({"SIMPLE  = T", "BITPIX  = 16", "NAXIS   = 2", "NAXIS1  = 3", "NAXIS2  = 4",
                      "BZERO   = 32768.0", "OBJECT  = 'M 31'"});
  cutout::drop_data(h);
  BOOST_TEST(h.integer("NAXIS").value() == 0);
  BOOST_TEST(!h.has("NAXIS1"));
  BOOST_TEST(!h.has("BZERO"));
  BOOST_TEST(h.string("OBJECT").value() == "M 31");
}

BOOST_AUTO_TEST_SUITE_END()
